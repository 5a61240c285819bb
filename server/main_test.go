package server

import (
	"os"
	"testing"

	"github.com/gatepass/gatepass/server/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }
