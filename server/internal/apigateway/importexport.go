package apigateway

func importRestAPI(*Service, *call) (any, error) { return nil, unsupported("imports yet") }
func putRestAPI(*Service, *call) (any, error)    { return nil, unsupported("imports yet") }
func importAPI(*Service, *call) (any, error)     { return nil, unsupported("imports yet") }
func reimportAPI(*Service, *call) (any, error)   { return nil, unsupported("imports yet") }
func getExport(*Service, *call) (any, error)     { return nil, unsupported("exports yet") }
func exportAPI(*Service, *call) (any, error)     { return nil, unsupported("exports yet") }
