# Signs each request that stands as a line of JSON on the standard input with
# Net::Amazon::Signature::V4 and prints the headers to add.
use strict;
use warnings;
use HTTP::Request;
use JSON::PP;
use Net::Amazon::Signature::V4;
use POSIX qw(strftime);

my $json = JSON::PP->new->utf8;
$| = 1;
while (my $line = <STDIN>) {
    my $r = $json->decode($line);
    my $signer = Net::Amazon::Signature::V4->new($r->{key}, $r->{secret}, $r->{region}, "execute-api");
    my $body = $r->{body};
    utf8::encode($body);
    my $req = HTTP::Request->new($r->{method}, $r->{url}, [%{$r->{headers}}], $body);
    $req->header("Host", $r->{host}, "X-Amz-Security-Token", $r->{token}, "X-Amz-Date", strftime("%Y%m%dT%H%M%SZ", gmtime));
    my $signed = $signer->sign($req);
    my %out;
    $signed->headers->scan(sub { $out{$_[0]} = $_[1] });
    print $json->encode(\%out), "\n";
}
