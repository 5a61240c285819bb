# Signs each request that stands as a line of JSON on the standard input with the
# AWS SDK for Ruby's signer and prints the headers to add.
require "aws-sigv4"
require "json"

STDIN.each_line do |line|
  r = JSON.parse(line)
  signer = Aws::Sigv4::Signer.new(
    service: "execute-api", region: r["region"], apply_checksum_header: false,
    access_key_id: r["key"], secret_access_key: r["secret"], session_token: r["token"]
  )
  s = signer.sign_request(http_method: r["method"], url: r["url"], headers: r["headers"], body: r["body"])
  puts JSON.generate(s.headers)
  STDOUT.flush
end
