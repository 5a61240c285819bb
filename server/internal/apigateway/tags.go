package apigateway

func tagOperations() []entry { return nil }
