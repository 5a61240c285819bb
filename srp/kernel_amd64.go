//go:build !purego

package srp

import "golang.org/x/sys/cpu"

// useADX chooses the assembly where the processor has MULX, ADCX and ADOX (Intel
// since 2014, AMD since 2017).
var useADX = cpu.X86.HasADX && cpu.X86.HasBMI2

//go:noescape
func addMulADX(z, x, y *uint64, blocks, ny int)

//go:noescape
func montgomeryADX(t *product, n *element) (carry uint64)

// addMul is addMulGo, faster.
func addMul(z, x, y []uint64) {
	if !useADX {
		addMulGo(z, x, y)
		return
	}
	_ = z[len(x)+len(y)-1] // the assembly has no bounds checks
	addMulADX(&z[0], &x[0], &y[0], len(x)/block, len(y))
}

// montgomery is montgomeryGo, faster.
func montgomery(t *product, n *element) (carry uint64) {
	if !useADX {
		return montgomeryGo(t, n)
	}
	return montgomeryADX(t, n)
}
