package identity

// Reachable is where a provider's address may lead.
var Reachable = reachable
