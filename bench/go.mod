module github.com/gatepass/gatepass/bench

go 1.26.0

replace github.com/gatepass/gatepass => ../

require (
	github.com/aws/aws-sdk-go-v2 v1.48.0
	github.com/gatepass/gatepass v0.0.0-00010101000000-000000000000
)

require (
	github.com/aws/smithy-go v1.28.9 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
