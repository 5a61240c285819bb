package vault

// keyringName is what people call the keyring.
const keyringName = "the Windows Credential Manager"
