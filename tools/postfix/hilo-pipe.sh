#!/bin/sh
# Hands a mail from Postfix's pipe(8) transport to Hilo, and tells Postfix in its own words what came of it:
# 0 taken, 67 no such mailbox, 69 refused for ever, 75 try again (also where Hilo does not answer at all).
#
# Usage: hilo-pipe.sh URL HEADER_FILE SENDER RECIPIENT <mail
# HEADER_FILE holds the line `Authorization: Bearer <INBOUND_MAIL_SECRET>`, so that no process list shows the secret.
set -u

status=$(curl --silent --max-time 120 --output /dev/null --write-out '%{http_code}' \
  --header "@$2" --header 'Content-Type: message/rfc822' --header 'Expect:' \
  --url-query "from=$3" --url-query "to=$4" --data-binary @- "$1/email/inbound") || {
  echo '4.4.1 Hilo does not answer'
  exit 75
}

case $status in
  202) exit 0 ;;
  404) echo '5.1.1 There is no such mailbox here'; exit 67 ;;
  413) echo '5.3.4 This message is too large'; exit 69 ;;
  *) echo "4.3.0 Hilo answered $status"; exit 75 ;;
esac
