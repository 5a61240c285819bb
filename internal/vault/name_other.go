//go:build !darwin && !windows

package vault

// keyringName is what people call the keyring.
const keyringName = "the desktop's keyring (Secret Service)"
