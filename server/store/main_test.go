package store_test

import (
	"os"
	"testing"

	"github.com/gatepass/gatepass/server/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("GATEPASS_STORE_CRASH"); path != "" {
		crashWriter(path)
		return
	}
	os.Exit(storetest.Run(m))
}
