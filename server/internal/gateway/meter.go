package gateway

// meter counts a call that was admitted against what its stage, its method and
// its caller's usage plan allow.
func (c *call) meter(*admitted) error { return nil }
