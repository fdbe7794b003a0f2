/*
 * Resolves names with ares_getaddrinfo() of c-ares: names on standard input, one a line; for each a line
 * `<name> <address> <address>…` or `<name> error: <why>`, in any order.
 */
#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

static ares_channel channel;
static int pending;

static void answered(void *name, int status, int timeouts, struct ares_addrinfo *found)
{
  (void)timeouts;
  printf("%s", (const char *)name);
  if (status != ARES_SUCCESS) printf(" error: %s", ares_strerror(status));
  if (found) {
    for (struct ares_addrinfo_node *node = found->nodes; node; node = node->ai_next) {
      char text[INET6_ADDRSTRLEN];
      const void *address = node->ai_family == AF_INET
        ? (const void *)&((const struct sockaddr_in *)node->ai_addr)->sin_addr
        : (const void *)&((const struct sockaddr_in6 *)node->ai_addr)->sin6_addr;
      printf(" %s", inet_ntop(node->ai_family, address, text, sizeof text));
    }
    ares_freeaddrinfo(found);
  }
  putchar('\n');
  free(name);
  pending--;
}

/* Goes on until fewer than `most` names are being looked up. */
static void wait_below(int most)
{
  while (pending >= most && pending > 0) {
    fd_set readers, writers;
    struct timeval timeout;
    FD_ZERO(&readers);
    FD_ZERO(&writers);
    int sockets = ares_fds(channel, &readers, &writers);
    if (sockets == 0) break;
    select(sockets, &readers, &writers, NULL, ares_timeout(channel, NULL, &timeout));
    ares_process(channel, &readers, &writers);
  }
}

/* The arguments: how many names are looked up at once; milliseconds a try; tries. */
int main(int count, char **arguments)
{
  if (count != 4) return 2;
  const int parallel = atoi(arguments[1]);
  struct ares_options options = { .timeout = atoi(arguments[2]), .tries = atoi(arguments[3]), .lookups = "b" };
  const int given = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS;
  const struct ares_addrinfo_hints hints = {
    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NOSORT };
  char name[512];
  setvbuf(stdout, NULL, _IOLBF, 0);
  int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status == ARES_SUCCESS) status = ares_init_options(&channel, &options, given);
  if (status != ARES_SUCCESS) {
    fprintf(stderr, "Cannot start c-ares: %s\n", ares_strerror(status));
    return 1;
  }
  while (fgets(name, sizeof name, stdin)) {
    name[strcspn(name, "\n")] = 0;
    pending++;
    ares_getaddrinfo(channel, name, NULL, &hints, answered, strdup(name));
    wait_below(parallel);
  }
  wait_below(1);
  ares_destroy(channel);
  return 0;
}
