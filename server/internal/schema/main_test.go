package schema

import (
	stdflag "flag"
	"os"
	"testing"
)

// TestMain has properties tried with the same values in every run, unless a seed
// is given.
func TestMain(m *testing.M) {
	stdflag.Parse()
	if stdflag.Lookup("rapid.seed").Value.String() == "0" {
		_ = stdflag.Set("rapid.seed", "1")
	}
	os.Exit(m.Run())
}
