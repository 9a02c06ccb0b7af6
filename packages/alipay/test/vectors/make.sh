#!/bin/sh
# Writes the vectors of REST v3, of encrypted contents and of certificates beside it, with the OpenSSL command line (3.0) and bc alone.
# The keys are those of README.md. Certificates begin on the day they are made, so their SNs change when this runs again.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

sign() { openssl dgst -sha256 -sign "$1" "$2" | openssl base64 -A; }

# REST v3: a request that acts for another application, and an answer
body='{"out_trade_no":"order-1","subject":"晴天 ☀ a/b"}'
authority='app_id=2021000000000001,nonce=eb4ade8f-8cfa-4ebf-a048-7eb52684ab32,timestamp=1655869956477'
printf '%s\nPOST\n/v3/alipay/trade/query\n%s\n202212BBtoken\n' "$authority" "$body" > v3-request.txt
sign key.pkcs8.pem v3-request.txt > v3-request.sign
printf '{"trade_no":"2026112222001","url":"https://example.com/a","subject":"晴天"}' > v3-answer.body
printf '1655869956500\n5f2c0a\n%s\n' "$(cat v3-answer.body)" > v3-answer.txt
sign key.pkcs8.pem v3-answer.txt > v3-answer.sign

# contents in AES-128-CBC, zero vector, PKCS#7; signed as they are sent
hex=000102030405060708090a0b0c0d0e0f
printf '%s' "$hex" | xxd -r -p | openssl base64 -A > content.key
printf '%s' "$body" > content.txt
openssl enc -aes-128-cbc -K "$hex" -iv 00000000000000000000000000000000 -in content.txt | openssl base64 -A > content.aes
printf '%s' "app_id=2021000000000001&biz_content=$(cat content.aes)&charset=utf-8&encrypt_type=AES&format=JSON&method=alipay.trade.query&sign_type=RSA2&timestamp=2026-01-31 08:00:00&version=1.0" > content-request.txt
sign key.pkcs8.pem content-request.txt > content-request.sign
openssl enc -aes-128-cbc -K "$hex" -iv 00000000000000000000000000000000 -in answer.txt | openssl base64 -A > content-answer.aes
printf '"%s"' "$(cat content-answer.aes)" > "$work/quoted"
sign key.pkcs8.pem "$work/quoted" > content-answer.sign
printf '1655869956500\n5f2c0a\n%s\n' "$(cat content-answer.aes)" > "$work/v3"
sign key.pkcs8.pem "$work/v3" > content-v3-answer.sign

# notifications: what is signed, in UTF-8 and in GBK, and the forms that carry it, every byte of a value escaped. One value is empty, and
# one holds what forms are made of
fields() {
  cat <<END
app_id=2021000000000001
body=
charset=$1
notify_id=2026112200222120000000000000000001
notify_time=2026-11-22 20:00:00
notify_type=trade_status_sync
out_trade_no=ch_00000000000000000000000000000001
passback_params=a%3D1%26b+100%
seller_id=2088000000000000
subject=市场报告 ☆ a
total_amount=15.00
trade_no=2026112222001000000000000000
trade_status=TRADE_SUCCESS
version=1.0
END
}
escaped() { xxd -p | tr -d '\n' | sed 's/../%&/g'; }
notification() {
  fields "$2" | iconv -f UTF-8 -t "$2" | tr '\n' '&' | sed 's/&$//' > "notification-$1.txt"
  sign key.pkcs8.pem "notification-$1.txt" > "notification-$1.sign"
  fields "$2" | iconv -f UTF-8 -t "$2" | tac | while IFS= read -r line; do
    printf '%s=%s&' "${line%%=*}" "$(printf '%s' "${line#*=}" | escaped)"
  done > "notification-$1.form"
  printf 'sign_type=RSA2&sign=%s' "$(escaped < "notification-$1.sign")" >> "notification-$1.form"
}
notification utf8 UTF-8
notification gbk GBK

# certificates: a root, one of an elliptic curve, another root; Alipay's (the key is key.pkcs8.pem) and the application's (strange)
subject='/C=CN/O=Ant\, Test/OU=证书 Authority/CN=Test Root R1'
authority_extension='basicConstraints=critical,CA:TRUE'
leaf="$work/leaf"
printf 'basicConstraints=critical,CA:FALSE\n' > "$leaf"
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/root.pem"
openssl req -new -x509 -utf8 -key "$work/root.pem" -subj "$subject" -addext "$authority_extension" -set_serial 0xf1e2d3c4b5a697881122334455667788 -days 36500 -out root1.pem
openssl req -new -x509 -key ec.pem -subj '/C=CN/CN=Test Root E1' -addext "$authority_extension" -set_serial 7 -days 36500 -out "$work/root2.pem"
openssl req -new -x509 -key "$work/root.pem" -subj '/C=CN/CN=Test Root R2' -addext "$authority_extension" -set_serial 18446744073709551617 -days 36500 -out "$work/root3.pem"
cat root1.pem "$work/root2.pem" "$work/root3.pem" > root.crt
issue() {
  openssl req -new -utf8 -key "$1" -subj "/C=CN/O=$2/CN=$2" -out "$work/request"
  openssl x509 -req -in "$work/request" -CA root1.pem -CAkey "$work/root.pem" -set_serial "$3" -days 36500 -extfile "$leaf" -out "$4" 2> "$work/log"
}
issue key.pkcs8.pem Alipay 0x0a20261122000000000000000000a1 "$work/alipay.pem"
cat "$work/alipay.pem" root1.pem > alipay.crt
issue strange.pkcs8.pem 2088000000000000 42 app.crt

# the SN: the issuer last part first, then the serial number in decimal
sn() {
  name=$(openssl x509 -in "$1" -noout -issuer -nameopt RFC2253,-esc_msb,utf8 | sed 's/^issuer=//')
  number=$(echo "ibase=16; $(openssl x509 -in "$1" -noout -serial | sed 's/^serial=//')" | BC_LINE_LENGTH=0 bc)
  printf '%s%s' "$name" "$number" | openssl dgst -md5 -r | cut -d' ' -f1 | tr -d '\n'
}
sn "$work/alipay.pem" > alipay.sn
sn app.crt > app.sn
printf '%s_%s' "$(sn root1.pem)" "$(sn "$work/root3.pem")" > root.sn
rm root1.pem
