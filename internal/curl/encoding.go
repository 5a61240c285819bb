package curl

const acceptEncoding = "deflate, gzip"
