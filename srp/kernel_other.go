//go:build !amd64 || purego

package srp

func addMul(z, x, y []uint64) { addMulGo(z, x, y) }

func montgomery(t *product, n *element) uint64 { return montgomeryGo(t, n) }
