// Package proxy is an [http.Handler] that signs what passes through it, for
// programs that cannot sign: browsers, Postman, load generators, sandboxed
// agents that must not hold keys.
//
//	p := &proxy.Proxy{
//		Upstream:    proxy.Upstream{URL: "https://abc.execute-api.eu-west-1.amazonaws.com/prod"},
//		Credentials: session.Credentials, // of a gatepass.Session
//	}
//	defer p.Close()
//	err := http.ListenAndServe("127.0.0.1:8080", p)
//
// Whoever reaches the handler acts with its credentials. It answers only to
// hosts that are addresses or localhost, and to no page of another origin
// (Proxy.Hosts and Proxy.Origins add to that); it is for the one who mounts it
// to say who reaches it at all.
//
// Mount it where it sees requests as they came: [http.ServeMux] redirects paths
// with // and .. in them, [http.StripPrefix] leaves the raw target alone. Path
// and query go to the upstream byte for byte, behind the path of the upstream's
// URL; only the parameters of a presigned URL are taken out. Bodies are hashed
// while they are spooled, in memory up to 1 MiB and in an unlinked file beyond;
// answers are streamed, and flushed with each read. WebSocket handshakes are
// signed. Trailers of requests and 1xx answers do not pass.
package proxy
