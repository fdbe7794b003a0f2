module externalname-monitor/test/differential/clients/go

go 1.25
