module github.com/gatepass/gatepass/interop

go 1.26.0

replace github.com/gatepass/gatepass => ../
