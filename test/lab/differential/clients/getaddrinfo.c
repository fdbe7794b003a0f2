/*
 * Resolves names with getaddrinfo(), as a program in a pod does: names on standard input, one a line;
 * for each a line `<name> <address> <address>…` or `<name> error: <why>`, in any order.
 *
 * Each name has a thread of its own, since glibc keeps what it learns about a server (RES_SNGLKUP) in its thread.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static sem_t places;

static void print(const char *name, int status, const struct addrinfo *found)
{
  char line[8192];
  size_t used = (size_t)snprintf(line, sizeof line, "%s", name);
  if (status != 0) used += (size_t)snprintf(line + used, sizeof line - used, " error: %s", gai_strerror(status));
  for (; status == 0 && found && used + INET6_ADDRSTRLEN + 2 < sizeof line; found = found->ai_next) {
    const void *address = found->ai_family == AF_INET
      ? (const void *)&((const struct sockaddr_in *)found->ai_addr)->sin_addr
      : (const void *)&((const struct sockaddr_in6 *)found->ai_addr)->sin6_addr;
    line[used++] = ' ';
    inet_ntop(found->ai_family, address, line + used, sizeof line - used);
    used += strlen(line + used);
  }
  puts(line);
}

static void *look_up(void *name)
{
  const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  int status = getaddrinfo(name, NULL, &hints, &found);
  print(name, status, found);
  if (status == 0) freeaddrinfo(found);
  free(name);
  sem_post(&places);
  return NULL;
}

/* The argument: how many names are looked up at once. */
int main(int count, char **arguments)
{
  const int parallel = count > 1 ? atoi(arguments[1]) : 1;
  char name[512];
  pthread_attr_t attributes;
  setvbuf(stdout, NULL, _IOLBF, 0);
  sem_init(&places, 0, (unsigned)parallel);
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  while (fgets(name, sizeof name, stdin)) {
    pthread_t thread;
    name[strcspn(name, "\n")] = 0;
    sem_wait(&places);
    if (pthread_create(&thread, &attributes, look_up, strdup(name)) != 0) {
      perror("Cannot start a thread");
      return 1;
    }
  }
  for (int i = 0; i < parallel; i++) sem_wait(&places);
  return 0;
}
