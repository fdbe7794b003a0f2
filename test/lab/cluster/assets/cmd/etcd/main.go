// The etcd release that this Kubernetes is built for: Debian's 3.4 lacks the
// progress requests by which the API server serves consistent lists from its watch cache.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
