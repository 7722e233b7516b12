#!/bin/sh
# Pages an account's profiles, events, metrics and catalog out of Klaviyo's API, for `letterpress data import`.
#
#   KLAVIYO_API_KEY=pk_… sh examples/klaviyo-export.sh out/klaviyo
#   letterpress data import out/klaviyo
#
# A private key that may read profiles, events, metrics and catalogs is enough. One file a page; run it again after it was
# interrupted, and it goes on where it was; for news, name another folder. $KLAVIYO_API is the API's address, for tests.
set -eu

[ $# -eq 1 ] || { echo "usage: KLAVIYO_API_KEY=pk_… sh $0 FOLDER" >&2; exit 2; }
: "${KLAVIYO_API_KEY:?a private key of the account}"
api=${KLAVIYO_API:-https://a.klaviyo.com}
umask 077
mkdir -p "$1/.raw"
cd "$1"

# get URL FILE: one page, however often the API asks us to wait.
get() {
    tries=0
    while :; do
        # The key goes in by a file: arguments can be seen by everybody on the machine.
        status=$(curl -sS -g -D .raw/head -o .raw/page -w '%{http_code}' -K - "$1" <<CONFIG
header = "Authorization: Klaviyo-API-Key $KLAVIYO_API_KEY"
header = "accept: application/vnd.api+json"
header = "revision: 2026-07-15"
CONFIG
        ) || status=000
        case $status in
            200) mv .raw/page "$2"; return ;;
            429 | 5?? | 000) ;;
            *) echo "$1: $status" >&2; cat .raw/page >&2; exit 1 ;;
        esac
        tries=$((tries + 1))
        [ "$tries" -le 20 ] || { echo "$1: $status, 20 times" >&2; exit 1; }
        wait=$(tr -d '\r' < .raw/head | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9][0-9]*\)$/\1/p' | tail -n 1)
        sleep "${wait:-$tries}"
    done
}

# pages NAME PATH: follows links.next. Page 7 is NAME-00007.json; what is there is not asked for again.
pages() {
    url=$api$2
    page=1
    while [ -n "$url" ]; do
        file=$1-$(printf %05d "$page").json
        [ -s "$file" ] || get "$url" "$file"
        url=$(jq -r '.links.next // empty' "$file")
        page=$((page + 1))
    done
    echo "$1: $((page - 1)) pages" >&2
}

pages metrics '/api/metrics'
pages profiles '/api/profiles?page[size]=100&additional-fields[profile]=subscriptions'
pages events '/api/events?page[size]=1000&include=profile,metric&sort=datetime'
pages catalog-items '/api/catalog-items?page[size]=100&include=variants'
pages .raw/variants '/api/catalog-variants?page[size]=100'
pages .raw/categories '/api/catalog-categories?page[size]=100'

# Which item a variant belongs to stands in the pages of items.
jq -c '.data[] | .id as $item | .relationships.variants.data // [] | .[] | {(.id): $item}' catalog-items-[0-9]*.json |
    jq -s 'add // {}' > .raw/item-of
jq -c --slurpfile of .raw/item-of '.data[] | ($of[0][.id] // .relationships.item.data.id) as $item
    | if $item then .relationships.item = {data: {type: "catalog-item", id: $item}} else . end' \
    .raw/variants-[0-9]*.json > catalog-variants.jsonl

# Which items are in a category has pages of its own.
jq -c '.data[]' .raw/categories-[0-9]*.json > .raw/categories
count=0
while IFS= read -r category; do
    count=$((count + 1))
    id=$(printf %s "$category" | jq -r '.id | @uri')
    pages ".raw/items-of-$count" "/api/catalog-categories/$id/relationships/items?page[size]=100" < /dev/null
    jq -s '[.[].data[] | {type, id}]' ".raw/items-of-$count"-[0-9]*.json > .raw/items
    printf %s "$category" | jq -c --slurpfile items .raw/items '.relationships = {items: {data: $items[0]}}'
done < .raw/categories > catalog-categories.jsonl
