/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of attacks at the port. It is a table of requests as they stand on the wire: a value stands for each $NAME.
 */
#include "attacks.h"

#define ORIGIN "https://capture.example"

#define HOST "Host: 127.0.0.1:$PORT\r\n"
#define FETCH "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
#define FROM(origin) "Origin: " origin "\r\n"
#define BEARER(token) "Authorization: Bearer " token "\r\n"
#define EVIL FROM ("https://evil.example")
#define STRANGER HOST EVIL FETCH
#define PAGE         \
  HOST FROM (ORIGIN) \
  FETCH BEARER ("$TOKEN")
#define JSON "Content-Type: application/json\r\n"
#define LENGTH "Content-Length: $LENGTH\r\n"
#define TUS "Tus-Resumable: 1.0.0\r\n"
#define PIECE TUS "Content-Type: application/offset+octet-stream\r\n"
#define LIST "GET /v1/uploads HTTP/1.1\r\n"
#define PAUSE "POST /v1/uploads/$OWN/pause HTTP/1.1\r\n"
#define SUBMIT "POST /v1/uploads HTTP/1.1\r\n"
#define PATCH "PATCH /v1/tus/$PART HTTP/1.1\r\n"
#define NONCE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define END "\r\n"

const Attack attacks[] = {
  /* Pages that were not let in. */
  { "a foreign page lists", LIST STRANGER END, 403, HIDDEN },
  { "a foreign page hands over", SUBMIT STRANGER "Content-Length: 3\r\n" END "abc", 403, HIDDEN },
  { "a foreign page with a stolen token", LIST STRANGER BEARER ("$TOKEN") END, 403, HIDDEN },
  { "a foreign page with a stolen id", PAUSE STRANGER END, 403, HIDDEN },
  { "a page of a subdomain", LIST HOST FROM ("https://x.capture.example") FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "a page of the parent domain", LIST HOST FROM ("https://example") FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "a page of another port", LIST HOST FROM ("https://capture.example:8443") FETCH BEARER ("$TOKEN") END, 403,
    HIDDEN },
  { "the page without encryption", LIST HOST FROM ("http://capture.example") FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "a name that only begins so", LIST HOST FROM ("https://capture.example.evil.example") FETCH BEARER ("$TOKEN") END,
    403, HIDDEN },
  { "a sandboxed frame", LIST HOST FROM ("null") FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "an empty origin", LIST HOST "Origin:\r\n" FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "a local file", LIST HOST FROM ("file://") FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "an extension", LIST HOST FROM ("chrome-extension://abcdefghijklmnop") FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "an origin with a user", LIST HOST FROM ("https://capture.example@evil.example") FETCH BEARER ("$TOKEN") END, 403,
    HIDDEN },
  { "an origin with a dot at its end", LIST HOST FROM ("https://capture.example.") FETCH BEARER ("$TOKEN") END, 403,
    HIDDEN },
  { "an origin with a slash", LIST HOST FROM ("https://capture.example/") FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "an origin in capitals", LIST HOST FROM ("https://CAPTURE.example") FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "an origin with its usual port", LIST HOST FROM ("https://capture.example:443") FETCH BEARER ("$TOKEN") END, 403,
    HIDDEN },
  { "two origins in one", LIST HOST FROM (ORIGIN " https://evil.example") FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "two origins", LIST HOST FROM (ORIGIN) EVIL FETCH BEARER ("$TOKEN") END, 400, HIDDEN },
  { "an origin that looks alike", LIST HOST FROM ("https://c\320\260pture.example") FETCH BEARER ("$TOKEN") END, 403,
    HIDDEN },
  { "an origin that is no UTF-8", LIST HOST FROM ("https://\377\376.example") FETCH BEARER ("$TOKEN") END, 403,
    HIDDEN },
  /* Programs, and what only says that it is a page. */
  { "a program with a token", LIST HOST BEARER ("$TOKEN") END, 403, HIDDEN },
  { "a program without anything", LIST HOST END, 403, HIDDEN },
  { "a navigation", LIST HOST "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n" END,
    403, HIDDEN },
  { "a page says that it is the dashboard", LIST HOST EVIL "Sec-Fetch-Site: same-origin\r\n" BEARER ("$TOKEN") END, 403,
    HIDDEN },
  { "a page's token at the dashboard's origin",
    LIST "Host: outbox.localhost:$PORT\r\nSec-Fetch-Site: same-origin\r\n" BEARER ("$TOKEN") END, 401, READABLE },
  /* Tokens. */
  { "no token", LIST HOST FROM (ORIGIN) FETCH END, 401, READABLE },
  { "a guessed token", LIST HOST FROM (ORIGIN) FETCH BEARER ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") END, 401,
    READABLE },
  { "a token without its last letter", LIST HOST FROM (ORIGIN) FETCH BEARER ("$CUT") END, 401, READABLE },
  { "a token and a letter", LIST HOST FROM (ORIGIN) FETCH BEARER ("$TOKENa") END, 401, READABLE },
  { "the token of another page", LIST HOST FROM (ORIGIN) FETCH BEARER ("$OTHER") END, 401, READABLE },
  { "a revoked token", LIST HOST FROM ("https://revoked.example") FETCH BEARER ("$OLD") END, 403, HIDDEN },
  { "a revoked token of a page that was let in again",
    LIST HOST FROM ("https://again.example") FETCH BEARER ("$STALE") END, 401, READABLE },
  { "the digest that is stored", LIST HOST FROM (ORIGIN) FETCH BEARER ("$DIGEST") END, 401, READABLE },
  { "a piece of SQL", LIST HOST FROM (ORIGIN) FETCH BEARER ("'OR'1'='1") END, 401, HIDDEN },
  { "an empty token", LIST HOST FROM (ORIGIN) FETCH "Authorization: Bearer\r\n" END, 401, HIDDEN },
  { "a password", LIST HOST FROM (ORIGIN) FETCH "Authorization: Basic $TOKEN\r\n" END, 401, HIDDEN },
  { "two tokens", LIST HOST FROM (ORIGIN) FETCH BEARER ("$OTHER") BEARER ("$TOKEN") END, 400, HIDDEN },
  { "a token in a cookie", LIST HOST FROM (ORIGIN) FETCH "Cookie: token=$TOKEN\r\n" END, 401, READABLE },
  { "a token in the query", "GET /v1/uploads?token=$TOKEN HTTP/1.1\r\n" HOST FROM (ORIGIN) FETCH END, 401, READABLE },
  /* Names that lead here: DNS rebinding, and what else a Host can be. */
  { "a name that was rebound", LIST "Host: evil.example:$PORT\r\n" FROM (ORIGIN) FETCH BEARER ("$TOKEN") END, 403,
    HIDDEN },
  { "a page of the rebound name itself",
    LIST "Host: evil.example:$PORT\r\nSec-Fetch-Site: same-origin\r\n" BEARER ("$TOKEN") END, 403, HIDDEN },
  { "no port", LIST "Host: 127.0.0.1\r\n" FROM (ORIGIN) FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "another port", LIST "Host: 127.0.0.1:80\r\n" FROM (ORIGIN) FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "every address", LIST "Host: 0.0.0.0:$PORT\r\n" FROM (ORIGIN) FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "the other loopback", LIST "Host: [::1]:$PORT\r\n" FROM (ORIGIN) FETCH BEARER ("$TOKEN") END, 403, HIDDEN },
  { "the address as one number", LIST "Host: 2130706433:$PORT\r\n" FROM (ORIGIN) FETCH BEARER ("$TOKEN") END, 403,
    HIDDEN },
  { "a name with a dot at its end", LIST "Host: localhost.:$PORT\r\n" FROM (ORIGIN) FETCH BEARER ("$TOKEN") END, 403,
    HIDDEN },
  { "a name below the dashboard's", LIST "Host: x.outbox.localhost:$PORT\r\n" FROM (ORIGIN) FETCH BEARER ("$TOKEN") END,
    403, HIDDEN },
  { "a target at another host", "GET http://evil.example/v1/uploads HTTP/1.1\r\n" PAGE END, 400, HIDDEN },
  /* What is no fetch(): the browser sends it without asking. */
  { "a plain form",
    SUBMIT HOST EVIL "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"
                     "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n" END "a=b",
    403, HIDDEN },
  { "a plain form of a page that was let in",
    PAUSE HOST FROM (
        ORIGIN) "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n" END,
    403, HIDDEN },
  { "a form in an old browser", SUBMIT HOST EVIL "Content-Type: text/plain\r\nContent-Length: 3\r\n" END "a=b", 403,
    HIDDEN },
  { "a multipart form", SUBMIT PAGE "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3\r\n" END "--x",
    415, READABLE },
  { "a fetch in mode no-cors",
    PAUSE HOST EVIL "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: empty\r\n" END, 403,
    HIDDEN },
  { "a fetch in mode no-cors with a token",
    PAUSE HOST FROM (ORIGIN) "Sec-Fetch-Mode: no-cors\r\n" BEARER ("$TOKEN") END, 403, HIDDEN },
  { "a beacon", PAUSE HOST EVIL "Sec-Fetch-Mode: no-cors\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n" END "x",
    403, HIDDEN },
  { "a frame",
    "GET /v1/openapi.json HTTP/1.1\r\n" HOST
    "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n" END,
    403, HIDDEN },
  { "an image",
    "GET /v1/health HTTP/1.1\r\n" HOST
    "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n" END,
    403, HIDDEN },
  { "a script",
    "GET /v1/openapi.json HTTP/1.1\r\n" HOST
    "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n" END,
    403, HIDDEN },
  { "whether somebody is there, by a foreign page", "GET /v1/health HTTP/1.1\r\n" STRANGER END, 403, HIDDEN },
  { "a web socket",
    "GET /v1/events HTTP/1.1\r\n" HOST FROM (
        ORIGIN) "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" END,
    403, HIDDEN },
  { "another protocol", LIST PAGE "Connection: Upgrade\r\nUpgrade: h2c\r\n" END, 403, HIDDEN },
  { "an event source, which has no token", "GET /v1/events HTTP/1.1\r\n" STRANGER "Accept: text/event-stream\r\n" END,
    403, HIDDEN },
  /* Preflights. */
  { "the preflight of a foreign page",
    "OPTIONS /v1/uploads HTTP/1.1\r\n" STRANGER "Access-Control-Request-Method: GET\r\n" END, 403, HIDDEN },
  { "the preflight of a foreign page to remove",
    "OPTIONS /v1/uploads/$OWN HTTP/1.1\r\n" STRANGER "Access-Control-Request-Method: DELETE\r\n" END, 403, HIDDEN },
  { "a preflight that names pairing for another path",
    "OPTIONS /v1/uploads HTTP/1.1\r\n" STRANGER "Access-Control-Request-Method: POST /v1/pair\r\n" END, 403, HIDDEN },
  { "a preflight of nobody",
    "OPTIONS /v1/pair HTTP/1.1\r\n" HOST FROM ("null") FETCH "Access-Control-Request-Method: POST\r\n" END, 403,
    HIDDEN },
  { "a preflight of a rebound name",
    "OPTIONS /v1/pair HTTP/1.1\r\nHost: evil.example:$PORT\r\n" EVIL FETCH
    "Access-Control-Request-Method: POST\r\n" END,
    403, HIDDEN },
  { "what a server of tus can do, by a foreign page", "OPTIONS /v1/tus/ HTTP/1.1\r\n" STRANGER TUS END, 403, HIDDEN },
  /* Pairing and hello. */
  { "nobody asks to be let in", "POST /v1/pair HTTP/1.1\r\n" HOST FROM ("null") FETCH JSON LENGTH END "{}", 403,
    HIDDEN },
  { "a page without encryption asks",
    "POST /v1/pair HTTP/1.1\r\n" HOST FROM ("http://evil.example") FETCH JSON LENGTH END "{}", 403, HIDDEN },
  { "a program asks", "POST /v1/pair HTTP/1.1\r\n" HOST JSON LENGTH END "{}", 403, HIDDEN },
  { "the port itself asks",
    "POST /v1/pair HTTP/1.1\r\n" HOST FROM ("http://127.0.0.1:$PORT") FETCH JSON LENGTH END "{}", 403, HIDDEN },
  { "a form asks", "POST /v1/pair HTTP/1.1\r\n" STRANGER "Content-Type: text/plain\r\nContent-Length: 2\r\n" END "{}",
    415, READABLE },
  { "a page asks without a type", "POST /v1/pair HTTP/1.1\r\n" STRANGER END, 415, READABLE },
  { "a page asks for more than there is", "POST /v1/pair HTTP/1.1\r\n" STRANGER JSON LENGTH END "{\"admin\":true}", 400,
    READABLE },
  { "a guessed device code", "POST /v1/pair/token HTTP/1.1\r\n" STRANGER JSON LENGTH END "{\"device_code\":\"AAAA\"}",
    400, READABLE },
  { "the code that the person sees, to poll with",
    "POST /v1/pair/token HTTP/1.1\r\n" HOST FROM ("https://waits.example") FETCH JSON LENGTH END
    "{\"device_code\":\"$CODE\"}",
    400, READABLE },
  { "hello by a page that was not let in",
    "POST /v1/hello HTTP/1.1\r\n" STRANGER JSON LENGTH END "{\"nonce\":\"" NONCE "\"}", 404, READABLE },
  { "hello by a program in a page's name",
    "POST /v1/hello HTTP/1.1\r\n" HOST JSON LENGTH END "{\"nonce\":\"" NONCE "\"}", 403, HIDDEN },
  { "hello of another port, passed on",
    "POST /v1/hello HTTP/1.1\r\nHost: 127.0.0.1:1\r\n" FROM (ORIGIN) FETCH JSON LENGTH END "{\"nonce\":\"" NONCE "\"}",
    403, HIDDEN },
  { "hello with a text of one's own",
    "POST /v1/hello HTTP/1.1\r\n" HOST FROM (ORIGIN) FETCH JSON LENGTH END "{\"nonce\":\"a\\nb\\n\"}", 400, READABLE },
  /* A page that was let in reaches beyond what is its own. */
  { "others' upload", "GET /v1/uploads/$FOREIGN HTTP/1.1\r\n" PAGE END, 404, READABLE },
  { "others' upload is removed", "DELETE /v1/uploads/$FOREIGN HTTP/1.1\r\n" PAGE END, 404, READABLE },
  { "others' upload is paused", "POST /v1/uploads/$FOREIGN/pause HTTP/1.1\r\n" PAGE END, 404, READABLE },
  { "others' history", "GET /v1/uploads/$FOREIGN/history HTTP/1.1\r\n" PAGE END, 404, READABLE },
  { "others' pieces", "HEAD /v1/tus/$FOREIGN HTTP/1.1\r\n" PAGE TUS END, 404, READABLE },
  { "others' list", "GET /v1/uploads?app=https:other.example HTTP/1.1\r\n" PAGE END, 403, READABLE },
  { "others' events", "GET /v1/events?app=https:other.example HTTP/1.1\r\n" PAGE END, 403, READABLE },
  { "for another app", "POST /v1/uploads?app=https:other.example HTTP/1.1\r\n" PAGE "Content-Length: 1\r\n" END "x",
    403, READABLE },
  { "before all others", "POST /v1/uploads?priority=101 HTTP/1.1\r\n" PAGE "Content-Length: 1\r\n" END "x", 403,
    READABLE },
  { "past the rules", "POST /v1/uploads/$OWN/send-now HTTP/1.1\r\n" PAGE END, 403, READABLE },
  { "the destinations", "GET /v1/destinations HTTP/1.1\r\n" PAGE END, 403, READABLE },
  { "the rules", "GET /v1/policy HTTP/1.1\r\n" PAGE END, 403, READABLE },
  { "the network", "GET /v1/conditions HTTP/1.1\r\n" PAGE END, 403, READABLE },
  { "the log", "GET /v1/history HTTP/1.1\r\n" PAGE END, 403, READABLE },
  { "how many there are", "GET /v1/summary HTTP/1.1\r\n" PAGE END, 403, READABLE },
  { "the queue goes on", "POST /v1/queue/resume HTTP/1.1\r\n" PAGE END, 403, READABLE },
  { "a yes for the network", "POST /v1/queue/allow-network HTTP/1.1\r\n" PAGE END, 403, READABLE },
  { "a part of an id", "GET /v1/uploads/0 HTTP/1.1\r\n" PAGE END, 404, READABLE },
  { "another method in a field", "POST /v1/uploads/$OWN HTTP/1.1\r\n" PAGE "X-HTTP-Method-Override: DELETE\r\n" END,
    405, READABLE },
  /* Requests that two programs read in two ways. */
  { "a length and a coding", PAUSE PAGE "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400,
    HIDDEN },
  { "chunks", SUBMIT PAGE "Transfer-Encoding: chunked\r\n" END "1\r\na\r\n0\r\n\r\n", 411, HIDDEN },
  { "two lengths", SUBMIT PAGE "Content-Length: 1\r\nContent-Length: 2\r\n" END "ab", 400, HIDDEN },
  { "a length below nothing", SUBMIT PAGE "Content-Length: -1\r\n" END, 400, HIDDEN },
  { "no length", SUBMIT PAGE END, 411, READABLE },
  { "dots in a path", "POST /v1/uploads/../queue/resume HTTP/1.1\r\n" PAGE END, 400, HIDDEN },
  { "escaped dots in a path", "POST /v1/uploads/%2e%2e/queue/resume HTTP/1.1\r\n" PAGE END, 400, HIDDEN },
  { "an escaped path for an id", "GET /v1/uploads/..%2F..%2Fetc%2Fpasswd HTTP/1.1\r\n" PAGE END, 404, READABLE },
  { "a field in a path", "GET /v1/uploads/x%0d%0aX-Evil:1 HTTP/1.1\r\n" PAGE END, 400, HIDDEN },
  { "a path for a name", "POST /v1/uploads?name=..%2Fpasswd HTTP/1.1\r\n" PAGE "Content-Length: 1\r\n" END "x", 400,
    READABLE },
  { "a name of dots", "POST /v1/uploads?name=.. HTTP/1.1\r\n" PAGE "Content-Length: 1\r\n" END "x", 400, READABLE },
  { "a name that is no UTF-8", "POST /v1/uploads?name=%ff%fe HTTP/1.1\r\n" PAGE "Content-Length: 1\r\n" END "x", 400,
    READABLE },
  { "a field in metadata", "POST /v1/uploads?metadata.a%20b=c HTTP/1.1\r\n" PAGE "Content-Length: 1\r\n" END "x", 400,
    READABLE },
  { "another sum", "POST /v1/uploads?sha256=" NONCE " HTTP/1.1\r\n" PAGE "Content-Length: 1\r\n" END "x", 422,
    READABLE },
  { "JSON that is no UTF-8", "PATCH /v1/uploads/$OWN HTTP/1.1\r\n" PAGE JSON LENGTH END "{\"priority\":\"\377\376\"}",
    400, READABLE },
  { "JSON with a NUL", "PATCH /v1/uploads/$OWN HTTP/1.1\r\n" PAGE JSON LENGTH END "{\"priority\\u0000\":100}", 400,
    READABLE },
  { "JSON with a comment", "PATCH /v1/uploads/$OWN HTTP/1.1\r\n" PAGE JSON LENGTH END "{\"priority\":1/**/ }", 400,
    READABLE },
  { "the same twice", "PATCH /v1/uploads/$OWN HTTP/1.1\r\n" PAGE JSON LENGTH END "{\"priority\":1,\"priority\":100}",
    400, READABLE },
  /* Pieces that lie. */
  { "an offset beyond the end", PATCH PAGE PIECE "Upload-Offset: 11\r\nContent-Length: 1\r\n" END "x", 409, READABLE },
  { "an offset below nothing", PATCH PAGE PIECE "Upload-Offset: -1\r\nContent-Length: 1\r\n" END "x", 400, READABLE },
  { "an offset beyond numbers", PATCH PAGE PIECE "Upload-Offset: 18446744073709551616\r\nContent-Length: 1\r\n" END "x",
    400, READABLE },
  { "more than was announced", PATCH PAGE PIECE "Upload-Offset: 0\r\nContent-Length: 11\r\n" END "xxxxxxxxxxx", 413,
    READABLE },
  { "a checksum that lies",
    PATCH PAGE PIECE
    "Upload-Offset: 0\r\nUpload-Checksum: sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nContent-Length: 1\r\n" END "x",
    460, READABLE },
  { "a checksum that is none",
    PATCH PAGE PIECE "Upload-Offset: 0\r\nUpload-Checksum: sha1 x\r\nContent-Length: 1\r\n" END "x", 400, READABLE },
  { "pieces of another page",
    PATCH HOST FROM ("https://other.example") FETCH BEARER ("$OTHER") PIECE
    "Upload-Offset: 0\r\nContent-Length: 1\r\n" END "x",
    404, READABLE },
  { "a size beyond every disk", "POST /v1/tus/ HTTP/1.1\r\n" PAGE TUS "Upload-Length: 9223372036854775807\r\n" END, 413,
    READABLE },
  { "a size below nothing", "POST /v1/tus/ HTTP/1.1\r\n" PAGE TUS "Upload-Length: -5\r\n" END, 400, READABLE },
  { "a field in a key of a piece",
    "POST /v1/tus/ HTTP/1.1\r\n" PAGE TUS "Upload-Length: 1\r\nUpload-Metadata: a\tX-Evil YQ==\r\n" END, 400,
    READABLE },
  { NULL },
};
