// Resolves names with Go's own resolver: names on standard input, one a line; for each a line
// `<name> <address> <address>…` or `<name> error: <why>`, in any order.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
)

// The argument: how many names are looked up at once.
func main() {
	parallel := 1
	if len(os.Args) > 1 {
		parallel, _ = strconv.Atoi(os.Args[1])
	}
	resolver := &net.Resolver{PreferGo: true}
	places := make(chan struct{}, parallel)
	var printing sync.Mutex
	var all sync.WaitGroup
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		name := lines.Text()
		places <- struct{}{}
		all.Go(func() {
			line := lookUp(resolver, name)
			printing.Lock()
			fmt.Println(line)
			printing.Unlock()
			<-places
		})
	}
	all.Wait()
}

func lookUp(resolver *net.Resolver, name string) string {
	addresses, err := resolver.LookupNetIP(context.Background(), "ip", name)
	if err != nil {
		return fmt.Sprintf("%s error: %s", name, strings.ReplaceAll(err.Error(), "\n", " "))
	}
	words := []string{name}
	for _, address := range addresses {
		words = append(words, address.String())
	}
	return strings.Join(words, " ")
}
