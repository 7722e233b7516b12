#!/usr/bin/env python3
"""Writes the data of the sample shop "Northwind Tea" into the folder this script lies in.

    python3 shop/generate.py

Only the standard library is needed. The seed is fixed and the clock is not read, so running it again gives the same
bytes. It writes

    organization.toml  profiles.jsonl (312)  metrics.jsonl  catalog.jsonl (60 items, their variants and categories)
    events.jsonl (5,080)  feeds.toml  coupons.csv  lists/newsletter.csv  lists/tasting-club.csv
    segments/*.json  flows/*.json  postal-codes/*.txt, which are described in audience.py

Everything is invented; addresses end in reserved domains, phone numbers are from the range kept for fiction. "Today"
in the data is 2026-11-20 at 18:00 UTC: nothing is later, and much lies in the thirty days before. The data is untidy
on purpose, as exports are: missing and null names, names in other scripts and with markup in them, prices as numbers
and as text, line items without a picture, carts of 0 to 40 lines, people without an address, suppressed,
unsubscribed, and a few events about a product that is gone. Lines take every shape that is read: JSON:API resources
with relationships, their attributes alone, and bodies of the create-event call.

Events tell stories: what is bought was looked at, carried and taken to the till before; a parcel follows an order, and
now and then a refund follows the parcel; a cart that stays behind brings an email, which some open and a few obey.

The pictures are drawn by draw_images.py from PRODUCTS below.
"""
import csv
import datetime as dt
import json
import pathlib
import random

import audience

HERE = pathlib.Path(__file__).resolve().parent
SITE = "https://northwind-tea.example/"
IMAGES = SITE + "i/"
NOW = dt.datetime(2026, 11, 20, 18, 0, 0, tzinfo=dt.timezone.utc)
START = NOW - dt.timedelta(days=365)
DAY = dt.timedelta(days=1)
PROFILES = 312
EVENTS = 5080

ORGANIZATION = {
    "name": "Northwind Tea",
    "url": SITE,
    "full_address": "48 Wharf Street, Portland, Maine 04101, United States",
    "street_address": "48 Wharf Street",
    "city": "Portland",
    "region": "Maine",
    "zip_code": "04101",
    "country": "United States",
}

CATEGORIES = [
    ("tea", "Tea"), ("green", "Green tea"), ("black", "Black tea"), ("oolong", "Oolong"), ("white", "White tea"),
    ("herbal", "Herbal"), ("puerh", "Pu-erh"), ("teaware", "Teaware"), ("gifts", "Gifts"), ("gift-card", "Gift cards"),
    ("new", "New this season"), ("caffeine-free", "Caffeine free"),
]

# slug, title, categories, price, shape, motif, colour, motif colours, description
_P = [
    # black
    ("assam-second-flush", "Assam Second Flush", "black tea", 14.5, "tin", "sun", "#8f3d1c", "#8f3d1c", "#d08a2e", "Malty and brisk, with a honeyed finish. Takes milk like an old friend."),
    ("ceylon-sunrise", "Ceylon Sunrise", "black tea", 12.9, "tin", "sun", "#c1642a", "#d9822b", "#f0c067", "Bright, high-grown leaf from Dimbula. The cup to open the curtains with."),
    ("darjeeling-first-flush", "Darjeeling First Flush", "black tea new", 24.0, "tin", "mountain", "#6c7f4a", "#5b7f4b", "#d9822b", "Muscatel and meadow. Picked in the third week of March, above the clouds."),
    ("earl-grey-bergamot", "Earl Grey Bergamot", "black tea", 15.9, "tin", "citrus", "#34517a", "#e0a63a", "#f3cf6d", "Keemun scented with cold-pressed bergamot from Calabria, and nothing else."),
    ("creme-earl-grey", "Crème Earl Grey", "black tea", 16.5, "tin", "flower", "#6a6f9c", "#8085b8", "#e0a63a", "Our Earl Grey, softened with vanilla and cornflower."),
    ("lapsang-smoked-pine", "Lapsang Smoked Pine", "black tea", 17.0, "tin", "pine", "#3d4a43", "#2f5d45", "#7a4b2a", "Dried over pinewood in Tongmu. Campfire, leather, a little plum."),
    ("yunnan-gold", "Yunnan Gold", "black tea", 19.9, "tin", "bud", "#a87a23", "#b8862f", "#dcae4f", "All golden tips. Cocoa and sweet potato, without a trace of bitterness."),
    ("english-breakfast", "English Breakfast", "black tea", 11.9, "tin", "leaf", "#7d2f2f", "#7d2f2f", "#c99a3f", "Assam, Ceylon and a backbone. Strong enough for Mondays."),
    ("masala-chai", "Masala Chai", "black tea", 13.5, "tin", "anise", "#b4541f", "#8a4a20", "#d9a23f", "Cardamom, ginger and clove, cracked the morning we blend it."),
    # green
    ("sencha-spring", "Sencha of Spring", "green tea", 16.0, "pouch", "leaf", "#5b8a4c", "#5b8a4c", "#8fb56a", "Steamed within hours of picking. Grass, sea air, a clean sweetness."),
    ("gyokuro-shade", "Gyokuro in Shade", "green tea", 32.0, "pouch", "needle", "#23553f", "#23553f", "#5b8a4c", "Shaded for three weeks. Brew it cool and drink it slowly."),
    ("dragonwell", "Dragonwell", "green tea", 22.5, "pouch", "wave", "#7a9a3c", "#6c8f34", "#b5c26a", "Pan-fired flat in Hangzhou. Chestnut and fresh peas."),
    ("gunpowder-mint", "Gunpowder & Mint", "green tea", 12.5, "pouch", "mint", "#2f7a62", "#2f7a62", "#63a98a", "Rolled leaf and spearmint. Pour it from high up."),
    ("jasmine-pearls", "Jasmine Pearls", "green tea", 23.2, "pouch", "pearls", "#8fa65a", "#8fa65a", "#4f7a3f", "Hand-rolled, scented over seven nights with fresh blossom."),
    ("genmaicha", "Genmaicha", "green tea", 11.5, "pouch", "rice", "#a39a4a", "#b08a3c", "#7a9a3c", "Green tea with toasted rice. Popcorn by a window in the rain."),
    ("hojicha-roast", "Hojicha Roast", "green tea", 13.0, "pouch", "flame", "#9a5b34", "#c1642a", "#e8b04a", "Roasted over charcoal until it smells of hazelnut. Kind to late evenings."),
    ("matcha-ceremonial", "Matcha, Ceremonial", "green tea new", 36.0, "tin", "leaf", "#4f8a3a", "#4f8a3a", "#8fb56a", "Stone-milled in Uji, 30 g. Thick, sweet and unreasonably green."),
    ("matcha-kitchen", "Matcha for the Kitchen", "green tea", 18.0, "tin", "wave", "#8aa84a", "#6c8f34", "#b5c26a", "For lattes and sponge cake. Robust enough to meet butter."),
    # oolong
    ("iron-goddess", "Iron Goddess", "oolong tea", 21.0, "tin", "wave", "#2f5d55", "#2f5d55", "#6fa396", "Tie Guan Yin from Anxi. Orchid first, then warm stone."),
    ("milk-oolong", "Milk Oolong", "oolong tea", 19.6, "tin", "drop", "#5f8f8a", "#5f8f8a", "#cfe3de", "Jin Xuan cultivar: creamy by birth, nothing added."),
    ("da-hong-pao", "Da Hong Pao", "oolong tea", 34.0, "tin", "mountain", "#7a3326", "#7a3326", "#c99a3f", "Wuyi rock tea. Dark caramel, a long mineral echo."),
    ("oriental-beauty", "Oriental Beauty", "oolong tea", 29.0, "tin", "peach", "#b86a4a", "#d98a5a", "#5b7f4b", "Nibbled by leafhoppers, and the better for it. Peach and muscat."),
    ("dong-ding", "Dong Ding", "oolong tea", 20.5, "tin", "leaf", "#4a6f4f", "#4a6f4f", "#8fb58a", "Half-fermented, gently roasted. Toasted nuts and butter."),
    ("honey-orchid", "Honey Orchid", "oolong tea", 27.5, "tin", "bee", "#c08a2a", "#d9a23f", "#f0d28a", "Phoenix Dan Cong. Lychee, honey, a finish that stays for the walk home."),
    # white
    ("white-peony", "White Peony", "white tea", 18.4, "pouch", "rose", "#b98f8a", "#d6a49c", "#e8c98a", "Buds and young leaves, only withered and dried. Melon and hay."),
    ("silver-needle", "Silver Needle", "white tea", 31.0, "pouch", "needle", "#8d9a92", "#7f9186", "#b7c4ba", "Unopened buds from Fuding. Cucumber, cream, quiet."),
    ("moonlight-white", "Moonlight White", "white tea", 24.5, "pouch", "moon", "#4d5a72", "#4d5a72", "#c9a64a", "Dried by night in Yunnan. Apricot skin and warm milk."),
    ("white-apricot", "White Apricot", "white tea", 17.5, "pouch", "peach", "#d59a5a", "#e0a35c", "#7a9a4a", "Peony leaf with dried apricot from Malatya."),
    ("snow-bud", "Snow Bud", "white tea", 20.0, "pouch", "bud", "#93a79a", "#7f9a86", "#b7c4ba", "Early, downy, a little floral. Winter's last word."),
    # herbal
    ("rooibos-vanilla", "Rooibos Vanilla", "herbal tea caffeine-free", 12.0, "box", "flower", "#b2472a", "#c9603c", "#e8c06a", "Red bush from the Cederberg with a whole pod of vanilla in every tin."),
    ("chamomile-meadow", "Chamomile Meadow", "herbal tea caffeine-free", 10.9, "box", "daisy", "#c9a23a", "#e8e2d0", "#e0a63a", "Whole flowers. Apple, straw, an early night."),
    ("peppermint-leaf", "Peppermint Leaf", "herbal tea caffeine-free", 9.9, "box", "mint", "#2f7f6a", "#2f7f6a", "#63b09a", "Cut once, dried fast. Clears the head and the table."),
    ("hibiscus-rose", "Hibiscus & Rose", "herbal tea caffeine-free", 11.6, "box", "rose", "#a32f4f", "#c24a6a", "#e8c06a", "Tart, crimson, lovely over ice."),
    ("lemon-ginger", "Lemon & Ginger", "herbal tea caffeine-free", 10.9, "box", "citrus", "#c9952a", "#e0b03a", "#f3d56d", "Hot with root, bright with peel. For the first cold of the year."),
    ("lavender-night", "Lavender Night", "herbal tea caffeine-free", 12.5, "box", "lavender", "#5f5490", "#7a6fb0", "#6c8f5a", "Lavender, linden and oat straw. Lights out."),
    ("fennel-anise", "Fennel & Anise", "herbal tea caffeine-free", 9.9, "box", "anise", "#7f8a3a", "#8a6a2a", "#c9b05a", "After dinner, instead of an excuse."),
    ("turmeric-sun", "Turmeric Sun", "herbal tea caffeine-free new", 13.9, "box", "sun", "#d07f1f", "#e09a2a", "#f3c85a", "Turmeric, black pepper and orange. Golden in every sense."),
    # pu-erh
    ("ripe-puerh-cake", "Ripe Pu-erh Cake", "puerh tea", 28.0, "cake", "mountain", "#6b4a3a", "#6b4a3a", "#c99a3f", "357 g, Menghai, 2016. Forest floor and dark chocolate."),
    ("raw-puerh-cake", "Raw Pu-erh Cake", "puerh tea", 42.0, "cake", "leaf", "#5f6f3a", "#5f6f3a", "#9aa94f", "Old trees, young cake. Keep half for your fortieth birthday."),
    ("tangerine-puerh", "Tangerine Pu-erh", "puerh tea", 22.0, "cake", "citrus", "#c1622a", "#d9742b", "#f0a64a", "Aged leaf packed in dried tangerine. Marmalade by the fire."),
    # teaware
    ("cast-iron-kettle", "Cast-Iron Kettle", "teaware", 89.0, "kettle", "leaf", "#2c3a36", "#2c3a36", "#c99a3f", "Tetsubin in the hobnail pattern, 0.9 l. It will outlast the stove."),
    ("gooseneck-kettle", "Gooseneck Kettle", "teaware", 74.0, "gooseneck", "leaf", "#b9bfba", "#2c3a36", "#c99a3f", "Brushed steel, beech handle. Pours where you look."),
    ("glass-teapot", "Glass Teapot", "teaware", 46.4, "teapot_glass", "leaf", "#bcd3cd", "#c9853a", "#4f6f3a", "Borosilicate, 0.8 l, so the leaves can be watched."),
    ("stoneware-teapot", "Stoneware Teapot", "teaware", 52.0, "teapot", "leaf", "#a8552f", "#a8552f", "#c99a3f", "Thrown in Vermont, glazed in iron red."),
    ("kyusu-side-handle", "Kyusu, Side Handle", "teaware", 58.0, "kyusu", "leaf", "#6b3f30", "#6b3f30", "#c99a3f", "Tokoname clay with a ceramic filter, 280 ml."),
    ("porcelain-gaiwan", "Porcelain Gaiwan", "teaware", 27.0, "gaiwan", "leaf", "#d3dce3", "#34517a", "#c9853a", "Lid, bowl, saucer: the whole of tea in three pieces."),
    ("celadon-cups", "Celadon Cups, Pair", "teaware", 34.0, "cups", "leaf", "#8fb0a0", "#8fb0a0", "#b5652b", "The green of a river in shade. Holds 120 ml and a conversation."),
    ("travel-tumbler", "Travel Tumbler", "teaware", 29.5, "tumbler", "bud", "#2f5d55", "#2f5d55", "#b98a5a", "Double-walled, leakproof, with a strainer in the lid."),
    ("matcha-whisk", "Matcha Whisk", "teaware", 19.0, "whisk", "leaf", "#d8b57a", "#d8b57a", "#14342b", "Split from one piece of bamboo into a hundred tines."),
    ("matcha-bowl", "Matcha Bowl", "teaware", 44.0, "bowl", "leaf", "#3d4f5c", "#7fa04a", "#c99a3f", "Wide, heavy, a good weight to start a morning with."),
    ("bamboo-scoop", "Bamboo Scoop", "teaware", 8.5, "scoop", "leaf", "#c9a05a", "#4a5a3a", "#c99a3f", "Three grams, every time."),
    ("brass-infuser", "Brass Infuser", "teaware", 14.0, "infuser", "leaf", "#d0a64a", "#d0a64a", "#8a5a2a", "A ball on a chain for one good cup."),
    ("steel-strainer", "Steel Strainer", "teaware", 12.0, "strainer", "leaf", "#c6ccc8", "#b5652b", "#3d4a33", "Fine mesh, long handle, no fuss."),
    ("storage-caddy", "Storage Caddy", "teaware", 24.0, "caddy", "bud", "#e6ddc8", "#5b7f4b", "#8fb56a", "Airtight beech lid; keeps 150 g of leaf honest."),
    ("linen-tea-towel", "Linen Tea Towel", "teaware", 16.0, "towel", "bud", "#f4efe2", "#c1440e", "#2f5d55", "Woven in Kortrijk. Softer every wash."),
    # gifts
    ("tasting-flight-greens", "Tasting Flight: Five Greens", "gifts", 39.0, "flight", "leaf", "#3f6b3a", "#3f6b3a", "#c99a3f", "Five tins of 25 g and a card that says where to start."),
    ("evening-box", "The Evening Box", "gifts", 48.0, "gift", "leaf", "#2f3f5c", "#c99a3f", "#c99a3f", "Rooibos, chamomile, lavender, and a candle that smells of none of them."),
    ("founders-chest", "Founder's Chest", "gifts", 145.0, "chest", "leaf", "#7a4f30", "#7a4f30", "#c99a3f", "Twelve teas in a cedar chest. The one people write back about."),
    ("gift-card", "Gift Card", "gift-card", 50.0, "card", "leaf", "#14342b", "#c1440e", "#c99a3f", "For somebody who already knows what they like."),
    ("advent-calendar", "Tea Advent Calendar", "gifts new", 64.0, "calendar", "leaf", "#8f2f24", "#8f2f24", "#c99a3f", "Twenty-four doors, twenty-four teas, no spoilers."),
]
PRODUCTS = [
    {"id": f"NT-{101 + i}", "slug": p[0], "title": p[1], "cats": p[2].split(), "price": p[3], "shape": p[4], "motif": p[5],
     "colour": p[6], "a": p[7], "b": p[8], "description": p[9], "image": f"{IMAGES}{p[0]}.png", "url": f"{SITE}products/{p[0]}"}
    for i, p in enumerate(_P)
]
BY_SLUG = {p["slug"]: p for p in PRODUCTS}
REGULAR = {  # on sale, a fifth off: the price above is the reduced one
    "darjeeling-first-flush": 30.0, "sencha-spring": 20.0, "jasmine-pearls": 29.0, "white-peony": 23.0, "glass-teapot": 58.0,
    "celadon-cups": 42.5, "hibiscus-rose": 14.5, "milk-oolong": 24.5,
}
SIZES = {"black": ("100", "250"), "green": ("100", "250"), "oolong": ("100", "250"), "white": ("50", "100"), "herbal": ("100", "250")}
VARIANTS = {  # slug -> [(suffix, title, metadata, factor, stock, policy)]; other loose teas come in the two SIZES of their kind
    "masala-chai": [("100", "100 g", {"size": "100 g"}, 1.0, 140, 1), ("250", "250 g", {"size": "250 g"}, 2.2, 41, 1), ("500", "500 g", {"size": "500 g"}, 4.0, 0, 1)],
    "jasmine-pearls": [("50", "50 g", {"size": "50 g"}, 1.0, 23, 1), ("100", "100 g", {"size": "100 g"}, 1.9, 11, 1)],
    "gyokuro-shade": [("50", "50 g", {"size": "50 g"}, 1.0, 0, 1)],  # sold out and hidden
    "da-hong-pao": [("50", "50 g", {"size": "50 g"}, 1.0, 3, 1)],
    "silver-needle": [("50", "50 g", {"size": "50 g"}, 1.0, 0, 2)],  # sold out, still shown
    "matcha-ceremonial": [("30", "30 g", {"size": "30 g"}, 1.0, 26, 1)],
    "matcha-kitchen": [("100", "100 g", {"size": "100 g"}, 1.0, 58, 1), ("250", "250 g", {"size": "250 g"}, 2.2, 17, 1)],
    "celadon-cups": [("grn", "River green", {"color": "Green"}, 1.0, 16, 1), ("blu", "Morning blue", {"color": "Blue"}, 1.0, 7, 1)],
    "stoneware-teapot": [("red", "Iron red", {"color": "Red"}, 1.0, 5, 1), ("blk", "Tenmoku black", {"color": "Black"}, 1.0, 2, 1)],
    "travel-tumbler": [("s-grn", "Pine, 350 ml", {"size": "350 ml", "color": "Green"}, 1.0, 33, 1), ("l-grn", "Pine, 500 ml", {"size": "500 ml", "color": "Green"}, 1.2, 20, 1),
                       ("s-red", "Clay, 350 ml", {"size": "350 ml", "color": "Red"}, 1.0, 0, 1), ("l-red", "Clay, 500 ml", {"size": "500 ml", "color": "Red"}, 1.2, 12, 1)],
    "cast-iron-kettle": [("09", "0.9 l", {"size": "0.9 l", "color": "Black"}, 1.0, 4, 1), ("12", "1.2 l", {"size": "1.2 l", "color": "Black"}, 1.3, 1, 1)],
    "storage-caddy": [("crm", "Cream", {"size": "150 g", "color": "Cream"}, 1.0, 31, 1), ("pin", "Pine", {"size": "150 g", "color": "Green"}, 1.0, 22, 1)],
    "linen-tea-towel": [("nat", "Natural", {"color": "Natural"}, 1.0, 47, 1), ("trc", "Terracotta", {"color": "Red"}, 1.0, 19, 1), ("ink", "Ink", {"color": "Blue"}, 1.0, 0, 1)],
    "gift-card": [("25", "$25", {"size": "25"}, 0.5, None, 0), ("50", "$50", {"size": "50"}, 1.0, None, 0), ("100", "$100", {"size": "100"}, 2.0, None, 0)],
}
for _i, _p in enumerate(PRODUCTS):
    if _p["cats"][0] in SIZES and _p["slug"] not in VARIANTS:
        VARIANTS[_p["slug"]] = [(g, f"{g} g", {"size": f"{g} g"}, f, 12 + _i * 37 % 90 // n, 1) for n, (g, f) in enumerate(zip(SIZES[_p["cats"][0]], (1.0, 2.2)), 1)]
UNPUBLISHED = {"snow-bud"}
NO_PICTURE = {"bamboo-scoop"}  # in the catalog; the picture itself exists
RISING = {"masala-chai": 9, "lapsang-smoked-pine": 7, "lemon-ginger": 6, "honey-orchid": 6, "hojicha-roast": 6, "rooibos-vanilla": 4,
          "advent-calendar": 6, "earl-grey-bergamot": 3, "tangerine-puerh": 4}
SUMMER = {"sencha-spring": 6, "hibiscus-rose": 6, "gunpowder-mint": 4, "jasmine-pearls": 4, "white-peony": 3, "english-breakfast": 4}

METRICS = [  # name, integration, id
    ("Active on Site", "Klaviyo", "Ra1tQn"), ("Viewed Product", "API", "Tb4vWm"), ("Added to Cart", "API", "Uc7xKe"),
    ("Checkout Started", "Shopify", "Vd2zPh"), ("Placed Order", "Shopify", "We5bLs"), ("Ordered Product", "Shopify", "Xf8dGy"),
    ("Fulfilled Order", "Shopify", "Yg3fJt"), ("Refunded Order", "Shopify", "Zh6hMu"), ("Received Email", "Klaviyo", "Ki9jNv"),
    ("Opened Email", "Klaviyo", "Lj1kRw"), ("Subscribed to List", "Klaviyo", "Mk4sTx"),
]
INTEGRATION_IDS = {"Klaviyo": "0rG4eQ", "Shopify": "0eMvjm", "API": "0Xu7Yc"}
METRIC = {name: (iid, integ) for name, integ, iid in METRICS}

US, NL = "United States", "Netherlands"
PLACES = [  # city, region, country, zip, lat, lon, zone, weight
    ("Boston", "Massachusetts", US, "02110", 42.3565, -71.0537, "America/New_York", 5), ("Cambridge", "Massachusetts", US, "02141", 42.3705, -71.0844, "America/New_York", 3),
    ("Worcester", "Massachusetts", US, "01608", 42.2613, -71.8017, "America/New_York", 2), ("Portland", "Maine", US, "04101", 43.6606, -70.2589, "America/New_York", 5),
    ("Burlington", "Vermont", US, "05401", 44.4840, -73.2217, "America/New_York", 2), ("New York", "New York", US, "10001", 40.7507, -73.9965, "America/New_York", 6),
    ("Brooklyn", "New York", US, "11211", 40.7094, -73.9566, "America/New_York", 4), ("Philadelphia", "Pennsylvania", US, "19106", 39.9489, -75.1467, "America/New_York", 3),
    ("Washington", "District of Columbia", US, "20009", 38.9202, -77.0375, "America/New_York", 3), ("Savannah", "Georgia", US, "31401", 32.0681, -81.0900, "America/New_York", 2),
    ("Chicago", "Illinois", US, "60614", 41.9229, -87.6483, "America/Chicago", 4), ("Minneapolis", "Minnesota", US, "55401", 44.9835, -93.2683, "America/Chicago", 2),
    ("Austin", "Texas", US, "78704", 30.2428, -97.7658, "America/Chicago", 3), ("New Orleans", "Louisiana", US, "70116", 29.9686, -90.0646, "America/Chicago", 2),
    ("Denver", "Colorado", US, "80205", 39.7590, -104.9661, "America/Denver", 3), ("Santa Fe", "New Mexico", US, "87501", 35.7021, -105.9747, "America/Denver", 1),
    ("San Francisco", "California", US, "94110", 37.7487, -122.4158, "America/Los_Angeles", 4), ("Seattle", "Washington", US, "98101", 47.6114, -122.3305, "America/Los_Angeles", 4),
    ("Honolulu", "Hawaii", US, "96813", 21.3136, -157.8551, "Pacific/Honolulu", 1),
    ("Amsterdam", "Noord-Holland", NL, "1012", 52.3730, 4.8936, "Europe/Amsterdam", 7), ("Haarlem", "Noord-Holland", NL, "2011", 52.3813, 4.6352, "Europe/Amsterdam", 3),
    ("Utrecht", "Utrecht", NL, "3511", 52.0917, 5.1159, "Europe/Amsterdam", 5), ("Rotterdam", "Zuid-Holland", NL, "3011", 51.9206, 4.4846, "Europe/Amsterdam", 4),
    ("Leiden", "Zuid-Holland", NL, "2312", 52.1625, 4.4907, "Europe/Amsterdam", 3), ("Delft", "Zuid-Holland", NL, "2611", 52.0122, 4.3607, "Europe/Amsterdam", 2),
    ("Groningen", "Groningen", NL, "9711", 53.2183, 6.5664, "Europe/Amsterdam", 2), ("Assen", "Drenthe", NL, "9401", 52.9939, 6.5625, "Europe/Amsterdam", 1),
    ("'s-Hertogenbosch", "Noord-Brabant", NL, "5211", 51.6900, 5.3037, "Europe/Amsterdam", 2), ("Maastricht", "Limburg", NL, "6211", 50.8500, 5.6910, "Europe/Amsterdam", 2),
]
STREETS_US = ["Beacon Street", "Maple Avenue", "Harbor Road", "Chestnut Street", "Orchard Lane", "Elm Street", "Mill Pond Road", "Ferry Street", "Juniper Court"]
STREETS_NL = ["Keizersgracht", "Oudegracht", "Lindelaan", "Molenweg", "Nieuwstraat", "Havenkade", "Kerkplein", "Zonnebloemstraat"]
AREA = {"Massachusetts": "617", "Maine": "207", "Vermont": "802", "New York": "212", "Pennsylvania": "215", "District of Columbia": "202", "Georgia": "912",
        "Illinois": "312", "Minnesota": "612", "Texas": "512", "Louisiana": "504", "Colorado": "303", "New Mexico": "505", "California": "415",
        "Washington": "206", "Hawaii": "808"}
FIRST_US = ("Amelia Noah Olivia Liam Harper Ethan Grace Mason Ruth Caleb Nora Silas Ivy Theo Maya Jonah Clara Miles Hazel Owen June Felix Rosa Andre Priya Arjun "
            "Mei Kenji Aisha Omar Sofia Mateo Lucia Diego Naomi Isaac Esther Elijah Fatima Yusuf Hana Daniel Leah Simon Tessa Victor Wendy Quinn Robin Sage").split()
LAST_US = ("Whitaker Nguyen Ortiz Kim Patel Johnson Okafor Rossi Castillo Bennett Cohen Larsen Marsh Delgado Foster Huang Ibrahim Kowalski Murphy Novak Park "
           "Quincy Ramirez Sato Turner Underwood Vance Weiss Young Abbott Chandler Dawson Ellery Finch Gallagher Holloway").split()
FIRST_NL = "Sanne Daan Femke Bram Lotte Sem Anouk Thijs Eva Ruben Fleur Jasper Noor Koen Maud Pieter Iris Wouter Roos Joost".split()
LAST_NL = ["de Vries", "Jansen", "van den Berg", "Bakker", "Visser", "Smit", "Meijer", "de Boer", "Mulder", "Dijkstra", "van Leeuwen", "Hendriks", "Kuipers", "Postma"]
# people whose names break templates: first, last, mailbox
ODD = [
    ("Zoë", "Ångström", "zoe"), ("François", "Lefèvre", "francois"), ("Siobhán", "Ó Briain", "siobhan"), ("Łukasz", "Żółkowski", "lukasz"),
    ("Đorđe", "Petrović", "dorde"), ("Владимир", "Соколов", "vladimir"), ("Ελένη", "Παππά", "eleni"), ("美咲", "佐藤", "misaki"),
    ("지우", "김", "jiwoo"), ("محمد", "الحسن", "mohammed"), ("דוד", "לוי", "david"), ("שרה", "כהן", "sarah"), ("فاطمه", "کریمی", "fatemeh"),
    ("Tom & Jerry", None, "tomandjerry"), ("Jean-Luc", "d'Aubigné", "jeanluc"), ("Sunny 🌻", "Meadows", "sunny"), ("Anh", "Nguyễn Thị Ánh", "anh"),
    ("X", "Æ", "x"), ("Wolfeschlegelsteinhausenbergerdorff", "Maximiliane-Theodora", "wolfe"), ("  Trim  ", "Spaces", "trim"), ("{{ first_name }}", "Braces", "braces"),
    ("\"Mac\"", "Quote", "mac"), ("MAYA", "SHOUT", "shout"), ("ada", "lower", "lower"),
]
TEAS = [p["title"] for p in PRODUCTS if "tea" in p["cats"]]
CAMPAIGNS = [("January: warm hands", "Something hot for the long month", -318), ("Lunar New Year", "A year that starts with oolong", -277), ("First flush is here", "Darjeeling landed this morning", -228),
             ("Spring sale", "Twenty per cent off the winter shelf", -210), ("Iced, all of it", "Cold brew, three ways", -160), ("Back to school, back to breakfast", "Strong enough for Mondays", -78),
             ("Autumn blends", "Smoke, spice and a new chai", -52), ("How to brew oolong", "Less water, more patience", -31), ("Advent calendar", "Twenty-four doors", -17), ("The evening edit", "Teas that let you sleep", -6)]

rng = random.Random(20261120)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def iso(t):
    return t.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def ulid(t):
    n = int(t.timestamp() * 1000)
    head = ""
    for _ in range(10):
        head = CROCKFORD[n % 32] + head
        n //= 32
    return head + "".join(rng.choice(CROCKFORD) for _ in range(16))


def weighted(pairs):
    total = sum(w for _, w in pairs)
    x = rng.random() * total
    for v, w in pairs:
        x -= w
        if x < 0:
            return v
    return pairs[-1][0]


# ---------------------------------------------------------------- people
def location(place, street=None, ip=False):
    city, region, country, code, lat, lon, zone, _ = place
    if country == NL:
        code += " " + rng.choice("ABCDEGHKLNPRSTVWXZ") + rng.choice("ABCDEGHKLNPRSTVWXZ")
        street = street or f"{rng.choice(STREETS_NL)} {rng.randint(1, 240)}"
    else:
        street = street or f"{rng.randint(1, 980)} {rng.choice(STREETS_US)}"
    return {"address1": street, "address2": rng.choice([None, None, None, "Apt 4", "2e etage" if country == NL else "Unit B"]), "city": city, "region": region,
            "country": country, "zip": code, "latitude": lat, "longitude": lon, "timezone": zone, "ip": "192.0.2.%d" % rng.randint(1, 254) if ip else None}


def consent(kind, when):
    """subscriptions.email.marketing for one of our kinds."""
    m = {"can_receive_email_marketing": True, "consent": "SUBSCRIBED", "consent_timestamp": iso(when), "last_updated": iso(when),
         "method": rng.choice(["FORM", "CHECKOUT", "FORM"]), "double_optin": rng.random() < 0.6, "suppression": [], "list_suppressions": []}
    later = min(when + dt.timedelta(days=rng.randint(5, 200), hours=rng.randint(0, 23)), NOW - DAY)
    if kind == "never":
        m.update(consent="NEVER_SUBSCRIBED", consent_timestamp=None, method=None, double_optin=False)
    elif kind == "unsubscribed":
        m.update(consent="UNSUBSCRIBED", can_receive_email_marketing=False, last_updated=iso(later))
    elif kind == "complaint":
        m.update(consent="UNSUBSCRIBED", can_receive_email_marketing=False, last_updated=iso(later), suppression=[{"reason": "SPAM_COMPLAINT", "timestamp": iso(later)}])
    elif kind == "bounced":
        m.update(can_receive_email_marketing=False, suppression=[{"reason": "HARD_BOUNCE", "timestamp": iso(later)}])
    elif kind == "suppressed":
        m.update(can_receive_email_marketing=False, suppression=[{"reason": "USER_SUPPRESSED", "timestamp": iso(later)}])
    return {"email": {"marketing": m}}


class Person:
    def __init__(self, first, last, email, kind="subscribed", place=None, drop_first=False, created=None, **extra):
        early, clock = rng.random() < 0.7, dt.timedelta(seconds=rng.randint(0, 86399))
        self.created = created or START + clock + (-rng.randint(1, 420) if early else rng.randint(1, 355)) * DAY
        self.id = ulid(self.created)
        self.kind = kind
        self.email = email
        self.external = extra.get("external") or (f"C-{2000 + len(people)}" if rng.random() < 0.8 else None)
        self.events = 0
        a = {"email": email, "phone_number": extra.get("phone"), "external_id": self.external}
        if not drop_first:
            a["first_name"] = first
        a.update({"last_name": last, "organization": None, "title": None, "image": None})
        place = place if place is not None else weighted([(p, p[7]) for p in PLACES])
        nl = place and place[2] == NL
        a["locale"] = extra.get("locale") or ("nl-NL" if nl else "en-US")
        if place and not a["phone_number"] and not nl and rng.random() < 0.3:
            a["phone_number"] = next(n for n in ("+1%s5550%d" % (AREA[place[1]], 100 + k) for k in range(100)) if n not in phones)
        phones.add(a["phone_number"])
        a["created"], a["updated"] = iso(self.created), iso(min(self.created + dt.timedelta(days=rng.randint(0, 300)), NOW))
        if place:
            a["location"] = location(place, extra.get("street"), ip=rng.random() < 0.5)
        self.address = a.get("location")
        props = {}
        if rng.random() < 0.86:
            props["Birthday"] = "%04d-%02d-%02d" % (rng.randint(1948, 2006), rng.randint(1, 12), rng.randint(1, 28))
        if rng.random() < 0.75:
            props["Favorite Tea"] = rng.choice(TEAS)
        props["VIP"] = rng.random() < 0.15
        if rng.random() < 0.8:
            props["Points"] = rng.randint(0, 60) * 10
        if rng.random() < 0.3:
            props["Tags"] = rng.sample(["tea", "gift", "wholesale", "workshop", "iced", "evening"], rng.randint(0, 3))
        if rng.random() < 0.06:
            props["Favorite Tea"] = None
        props.update(extra.get("props", {}))
        a["properties"] = props
        if kind != "unknown":
            a["subscriptions"] = consent(kind, self.created)
        self.attributes = a

    def line(self, i):
        if i > 0 and i % 4 == 3 and self.external:  # attributes alone, as a shop's own export: what is not known is left out
            return {k: v for k, v in self.attributes.items() if v is not None or k not in ("organization", "title", "image")}
        return {"type": "profile", "id": self.id, "attributes": self.attributes}

    def short(self):
        if self.email and (self.kind == "invalid" or rng.random() < 0.8):
            return {"email": self.email}
        if self.as_attributes:
            return {"external_id": self.external}
        return {"id": self.id}


people = []
phones = {"+12075550150", "+12075550153"}  # kept for the two people whom the till knows by telephone


def make_people():
    place = {p[0]: p for p in PLACES}

    def since(y, m, d):
        return dt.datetime(y, m, d, 9, 30, tzinfo=dt.timezone.utc)

    def add(*args, **kw):
        people.append(Person(*args, **kw))
        return people[-1]

    add("Ada", "Byron", "ada@example.com", place=place["Boston"], street="1 Long Wharf", external="C-1007", phone="+16175550123", created=since(2025, 2, 1),
        props={"Birthday": "1990-02-28", "VIP": True, "Points": 340, "Favorite Tea": "Yunnan Gold", "Tags": ["tea", "gift"]})
    add("José", "García Nuñez", "jose@example.com", place=place["Austin"], created=since(2025, 3, 12), props={"VIP": False, "Birthday": "1984-06-17", "Favorite Tea": "Hibiscus & Rose"})
    add("李娜", "李", "lina@example.com", place=place["San Francisco"], created=since(2025, 4, 13), props={"Birthday": "1996-11-23", "Favorite Tea": "Iron Goddess", "VIP": True})
    add("<b>Bob</b>", "Tables", "bob@example.com", place=place["Chicago"], created=since(2025, 5, 14), props={"Favorite Tea": "<i>anything</i> black"})
    add("Shaun", "O'Neil", "oneil@example.com", place=place["Portland"], created=since(2025, 6, 15), props={"Birthday": "1992-02-29"})
    add(None, None, "noname@example.com", place=place["Denver"], created=since(2025, 7, 16))
    add("ليلى", "حداد", "layla@example.com", place=place["Utrecht"], created=since(2025, 8, 17), locale="ar", props={"Favorite Tea": "Gunpowder & Mint", "VIP": True})
    add("Bartholomew", "Bigge", "big@example.com", place=place["New York"], created=since(2025, 9, 18), props={"VIP": True, "Points": 5120})
    add("Emma", "Leegwater", "empty@example.com", place=place["Haarlem"], created=since(2025, 10, 19))
    add(None, "Nameless", "initial@example.org", drop_first=True)
    add("", "Blank", "blank@example.org")
    for first, last, box in ODD:
        add(first, last, f"{box}@example.org", drop_first=first is None)
    for i in range(6):  # nobody to write to
        add(rng.choice(FIRST_US), rng.choice(LAST_US), None, kind="never" if i % 2 else "subscribed", external=f"POS-{501 + i}",
            phone=None if i % 3 else "+12075550%d" % (150 + i), place=place["Portland"])
    add("Typo", "Fielding", "typo.fielding@example,com", kind="subscribed", external="C-0404").kind = "invalid"
    add("At", "Sign", "at-sign.example.com", kind="subscribed", external="C-0405").kind = "invalid"
    kinds = ["bounced"] * 6 + ["suppressed"] * 6 + ["complaint"] * 3 + ["unsubscribed"] * 14 + ["never"] * 14 + ["unknown"] * 3
    rest = PROFILES - len(people)
    kinds += ["subscribed"] * (rest - len(kinds))
    rng.shuffle(kinds)
    taken = {p.email for p in people}
    for i, kind in enumerate(kinds):
        pl = weighted([(p, p[7]) for p in PLACES]) if rng.random() < 0.95 else False
        nl = bool(pl) and pl[2] == NL
        first, last = (rng.choice(FIRST_NL), rng.choice(LAST_NL)) if nl else (rng.choice(FIRST_US), rng.choice(LAST_US))
        box = (first + "." + last).lower().replace(" ", "")
        domain = rng.choice(["example.com", "example.org", "mail.example", "post.example"])
        email = f"{box}@{domain}"
        while email in taken:
            email = f"{box}{rng.randint(2, 99)}@{domain}"
        taken.add(email)
        null = rng.random()
        add(None if null < 0.04 else first, last if null > 0.02 else None, email, kind=kind, place=pl, drop_first=0.04 <= null < 0.07)
    for i, p in enumerate(people):
        p.as_attributes = i > 0 and i % 4 == 3 and bool(p.external)


# ---------------------------------------------------------------- events
class Log:
    def __init__(self):
        self.rows = []
        self.seen = set()

    def add(self, person, metric, t, props, plain=False):
        t = t.replace(microsecond=0)
        while (person.id, metric, t) in self.seen:
            t += dt.timedelta(seconds=1)
        if t > NOW:
            return None
        self.seen.add((person.id, metric, t))
        self.rows.append((t, len(self.rows), person, metric, props, plain))
        return t


log = Log()
serial = {"checkout": 8000, "order": 20000}


def money(x, text=None):
    """Prices come as numbers from one system and as text from another."""
    text = rng.random() < 0.3 if text is None else text
    return f"{x:.2f}" if text else x


def in_size(p, which=None):
    """The product as somebody buys it: in one of its sizes or colours, where it has more than one."""
    known = [v for v in VARIANTS.get(p["slug"], []) if v[4] != 0]
    if len(known) < 2 or (which is None and rng.random() < 0.25):
        return p
    suffix, title, _, factor, *_ = known[which if which is not None else rng.choice((0, 0, 0, 1))]
    return dict(p, price=round(p["price"] * factor, 2), variant=(f"{p['id']}-{suffix}", title), url=f"{p['url']}?variant={suffix}")


def cart_line(p, qty, picture="yes", text=None):
    line = {"product_id": p["id"], "title": p["title"], "quantity": qty, "price": money(p["price"], text)}
    if "variant" in p:
        line["variant_id"], line["variant_title"] = p["variant"]
    if picture == "yes":
        line["image"] = p["image"]
    elif picture in (None, ""):
        line["image"] = picture
    line["url"] = p["url"]
    return line


def cats(products):
    out = []
    for p in products:
        for c in p["cats"]:
            if c not in out:
                out.append(c)
    return out


def pick(t, n):
    chosen = []
    late = t > NOW - 32 * DAY
    while len(chosen) < n:
        def w(p):
            base = 1.0 + (int(p["id"][3:]) * 7919 % 13) / 4 + (2.0 if "tea" in p["cats"] else 0.0)
            return base * (RISING if late else SUMMER).get(p["slug"], 1)
        p = weighted([(p, w(p)) for p in PRODUCTS if p["slug"] not in UNPUBLISHED])
        if p not in chosen:
            chosen.append(p)
    return chosen


def view(person, t, p):
    log.add(person, "Viewed Product", t, {"ProductID": p["id"], "ProductName": p["title"], "Categories": p["cats"], "Price": money(p["price"])})


def add_to_cart(person, t, lines):
    p, q = lines[-1]
    log.add(person, "Added to Cart", t, {"$value": round(sum(x["price"] * n for x, n in lines), 2), "AddedItemProductID": p["id"], "AddedItemProductName": p["title"], "AddedItemPrice": money(p["price"]),
                                         "AddedItemQuantity": q, "ItemNames": [x["title"] for x, _ in lines]})


def checkout(person, t, lines, pictures=None, plain=False, titles=None, text=None):
    serial["checkout"] += 1
    n = serial["checkout"]
    items = [cart_line(p, q, (pictures or {}).get(i, "yes"), text) for i, (p, q) in enumerate(lines)]
    for i, title in (titles or {}).items():
        items[i]["title"] = title
    total = round(sum(p["price"] * q for p, q in lines), 2)
    return log.add(person, "Checkout Started", t, {
        "$event_id": f"checkout-{n}", "$value": total, "ItemNames": [i["title"] for i in items], "Categories": cats([p for p, _ in lines]), "ItemCount": len(lines),
        "$extra": {"checkout_url": f"{SITE}checkout/{n}?key={rng.getrandbits(40):010x}&step=contact", "line_items": items}}, plain)


DISCOUNTS = [("WELCOME10", "percentage", 10), ("FREESHIP", "shipping", 6.5), ("VIP15", "percentage", 15), ("BDAY", "fixed_amount", 8)]
REASONS = ["Damaged tin", "Arrived late", "Changed my mind", "Sent the wrong tea"]


def address_of(person):
    """As a shop writes it: who lives there, then where. None is for those who collect."""
    if person.address is None:
        person.address = location(weighted([(p, p[7]) for p in PLACES]))
    a = person.attributes
    name = " ".join(n.strip() for n in (a.get("first_name"), a.get("last_name")) if n and n.strip())
    return {**({"name": name} if name else {}), **{k: person.address[k] for k in ("address1", "address2", "city", "region", "zip", "country") if person.address[k]}}


def order(person, t, lines, plain=False, code=None, collect=None, text=None):
    """An order as Shopify tells it: totals as text, a discount at each line it touches, addresses."""
    serial["order"] += 1
    n = f"NW-{serial['order']}"
    two = "{:.2f}".format
    subtotal = round(sum(p["price"] * q for p, q in lines), 2)
    if code is None and rng.random() < 0.25:
        code = rng.choice(DISCOUNTS)[0]
    kind, amount = next(((k, a) for c, k, a in DISCOUNTS if c == code), (None, 0))
    if kind == "fixed_amount" and subtotal < 20:
        code = kind = None
    if kind == "fixed_amount":
        code = "BDAY-" + "".join(rng.choice("23456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(6))
    off, items, left = 0.0, [], amount
    for i, (p, q) in enumerate(lines):
        item = cart_line(p, q, text=text)
        del item["url"]  # Shopify's orders do not say it
        full = p["price"] * q
        cuts = []
        if q >= 3 and "tea" in p["cats"]:  # the shop's own: three or more of a tea
            cuts.append((round(full * 0.05, 2), {"type": "automatic", "title": "Three of a kind", "value": "5.0", "value_type": "percentage"}))
        if kind == "percentage":
            cuts.append((round(full * amount / 100, 2), {"type": "discount_code", "title": code, "value": f"{amount:.1f}", "value_type": kind}))
        if kind == "fixed_amount":  # spread over the lines; the last one takes what rounding left
            part = round(left if i == len(lines) - 1 else amount * full / subtotal, 2)
            left -= part
            cuts.append((part, {"type": "discount_code", "title": code, "value": two(amount), "value_type": kind}))
        item["discount_allocations"] = [{"amount": two(cut), "discount_application": why} for cut, why in cuts]
        off += sum(cut for cut, _ in cuts)
        items.append(item)
    off = round(off, 2)
    collect = rng.random() < 0.03 if collect is None else collect
    free = collect or subtotal - off >= 50 or kind == "shipping" or bool(person.attributes["properties"].get("VIP"))
    shipping = 0.0 if free else 6.5
    total = round(subtotal - off + shipping, 2)
    by_code = sum(float(d["amount"]) for i in items for d in i["discount_allocations"] if d["discount_application"]["type"] == "discount_code")
    codes = [{"code": code, "amount": two(amount if kind == "shipping" else by_code), "type": kind}] if code else []
    address = None if collect else address_of(person)
    billing = address_of(person)
    if address and rng.random() < 0.06:  # a present for somebody else
        address = dict(address_of(rng.choice([p for p in people if p.address])))
    log.add(person, "Placed Order", t, {
        "$event_id": n, "$value": total, "OrderId": n, "ItemNames": [p["title"] for p, _ in lines], "Categories": cats([p for p, _ in lines]), "ItemCount": len(lines),
        "DiscountCodes": [c["code"] for c in codes],
        "$extra": {"order_number": n, "created_at": iso(t), "order_status_url": f"{SITE}orders/{n}", "currency": "USD", "subtotal_price": two(subtotal), "total_discounts": two(off), "total_shipping": two(shipping),
                   "total_price": two(total), "discount_codes": codes, "shipping_lines": [{"title": "Collect in the shop" if collect else "Standard shipping", "price": two(shipping)}], "line_items": items,
                   "shipping_address": address, "billing_address": billing}}, plain)
    for i, (p, q) in enumerate(lines):
        log.add(person, "Ordered Product", t + dt.timedelta(seconds=i + 1), {
            "$event_id": f"{n}-{p['id']}", "$value": round(p["price"] * q, 2), "OrderId": n, "ProductID": p["id"], "ProductName": p["title"], "Quantity": q, "ItemPrice": money(p["price"]),
            **({"VariantName": p["variant"][1]} if "variant" in p else {}), "Categories": p["cats"]}, plain)
    sent = t + dt.timedelta(hours=rng.randint(18, 70))
    if rng.random() < 0.96:
        carrier = "Collected" if collect else "PostNL" if (address or {}).get("country") == NL else rng.choice(["USPS", "UPS"])
        log.add(person, "Fulfilled Order", sent, {"$event_id": f"{n}-fulfilled", "$value": total, "OrderId": n, "Carrier": carrier, **({} if collect else {"TrackingNumber": "NW%09d" % rng.randint(0, 999999999)})})
        if rng.random() < 0.1:  # nothing goes back before it came
            p, q = rng.choice(lines)
            cut = sum(float(d["amount"]) for d in items[[x is p for x, _ in lines].index(True)]["discount_allocations"])
            back = round(p["price"] * q - cut, 2)
            log.add(person, "Refunded Order", sent + dt.timedelta(days=rng.randint(2, 12)), {
                "$event_id": f"{n}-refund", "$value": back, "OrderId": n, "Reason": rng.choice(REASONS), "ItemNames": [p["title"]],
                "$extra": {"order_number": n, "refund_line_items": [{"product_id": p["id"], "title": p["title"], "quantity": q, "subtotal": two(back)}]}})


def mail(person, t, props, likely=0.46):
    """An email that came and, with luck, was opened; when it was, or None."""
    if not person.email or person.kind not in ("subscribed", "bounced", "suppressed") or log.add(person, "Received Email", t, props) is None:
        return None
    opened = t + dt.timedelta(minutes=rng.randint(1, 1500))
    return log.add(person, "Opened Email", opened, props) if rng.random() < likely else None


def visit(person, t):
    log.add(person, "Active on Site", t, {"page": rng.choice([SITE, SITE + "collections/tea", SITE + "collections/teaware", SITE + "journal/brewing"]), "browser": rng.choice(["Firefox", "Safari", "Chrome"]),
                                          "os": rng.choice(["iOS", "Android", "macOS", "Windows"])})


def session(person, t):
    if rng.random() < 0.55:
        visit(person, t)
    wants = weighted([("look", 5), ("cart", 1.2), ("abandon", 1.7), ("buy", 3.3)])
    n = weighted([(1, 5), (2, 4), (3, 3), (4, 1), (6, 0.4)])
    products = pick(t, n)
    seen = products if wants == "look" else products[:2]  # who buys six things looks closely at two
    for i, p in enumerate(seen[:3]):
        view(person, t + dt.timedelta(minutes=2 * i + 1, seconds=rng.randint(0, 59)), p)
    if wants == "look":
        return
    lines = []
    for i, p in enumerate(products):
        q = weighted([(1, 7), (2, 3), (3, 1), (2.0, 0.7), (12, 0.1)])
        lines.append((in_size(p), q))
        if i < 2:
            add_to_cart(person, t + dt.timedelta(minutes=8 + i, seconds=rng.randint(0, 59)), list(lines))
    if wants == "cart":
        return
    start = t + dt.timedelta(minutes=14, seconds=rng.randint(0, 59))
    pictures = {i: rng.choice(["absent", None, ""]) for i in range(len(lines)) if rng.random() < 0.05}
    checkout(person, start, lines, pictures)
    if wants == "buy":
        order(person, start + dt.timedelta(minutes=rng.randint(1, 9), seconds=rng.randint(0, 59)), lines)
        return
    opened = mail(person, start + dt.timedelta(hours=4), {"Flow": "Abandoned cart", "Subject": "Your tea is waiting"})
    if opened and rng.random() < 0.3:
        order(person, opened + dt.timedelta(minutes=rng.randint(2, 40)), lines, code="WELCOME10" if rng.random() < 0.2 else None)


def bought(person, t, lines):
    """An order at t, and how it came to it."""
    for i, (p, _) in enumerate(lines):
        view(person, t - dt.timedelta(minutes=30 - 2 * i), p)
        add_to_cart(person, t - dt.timedelta(minutes=29 - 2 * i), lines[:i + 1])
    checkout(person, t - dt.timedelta(minutes=5), lines)
    order(person, t, lines)


def at(days, hour=12, minute=0):
    """A time so many days before today."""
    return (NOW - days * DAY).replace(hour=hour, minute=minute)


def scripted():
    """The people whom the documentation and the tests know by name."""
    who = {p.email: p for p in people if p.email}
    P = BY_SLUG

    ada = who["ada@example.com"]
    for days, slugs in ((203, ("yunnan-gold", "white-peony")), (96, ("yunnan-gold", "brass-infuser")), (61, ("darjeeling-first-flush", "jasmine-pearls", "storage-caddy"))):
        last = days == 61
        t = at(days, 15, 12)
        visit(ada, t)
        for i, s in enumerate(slugs):
            view(ada, t + dt.timedelta(minutes=3 + i), P[s])
        lines = [(in_size(P[s], 0), 3 if s == "jasmine-pearls" else 1 + (s == "yunnan-gold")) for s in slugs]
        for i in range(len(lines)):
            add_to_cart(ada, t + dt.timedelta(minutes=7 + i), lines[:i + 1])
        checkout(ada, t + dt.timedelta(minutes=12), lines, text=False)
        order(ada, t + dt.timedelta(minutes=16), lines, code="VIP15" if last else None, collect=False, text=False)
    t = at(0, 16, 20)
    visit(ada, t)
    for i, s in enumerate(("honey-orchid", "masala-chai", "celadon-cups")):
        view(ada, t + dt.timedelta(minutes=3 * i + 2), P[s])
    cart = [(P["honey-orchid"], 1), (P["masala-chai"], 2), (P["celadon-cups"], 1)]
    for i in range(3):
        add_to_cart(ada, t + dt.timedelta(minutes=3 * i + 3), cart[:i + 1])
    checkout(ada, t + dt.timedelta(minutes=24), cart, plain=True, text=False)

    jose = who["jose@example.com"]
    bought(jose, at(44, 20, 5), [(P["hibiscus-rose"], 2), (P["travel-tumbler"], 1)])
    checkout(jose, at(1, 21, 40), [(P["lemon-ginger"], 1)], text=True)
    lina = who["lina@example.com"]
    bought(lina, at(70, 5, 30), [(P["iron-goddess"], 1), (P["porcelain-gaiwan"], 1)])
    checkout(lina, at(2, 4, 10), [(P["da-hong-pao"], 1), (P["dong-ding"], 2), (P["celadon-cups"], 1)], pictures={1: ""})
    bob = who["bob@example.com"]
    bought(bob, at(33, 17, 0), [(P["english-breakfast"], 3)])
    checkout(bob, at(1, 17, 0), [(P["gunpowder-mint"], 1), (P["fennel-anise"], 1)], titles={1: "Fennel & Anise <em>loose</em>"}, text=True)
    oneil = who["oneil@example.com"]
    bought(oneil, at(64, 13, 0), [(P["lapsang-smoked-pine"], 1), (P["founders-chest"], 1)])
    checkout(oneil, at(3, 12, 30), [(P["founders-chest"], 1), (P["lapsang-smoked-pine"], 2)])
    noname = who["noname@example.com"]
    bought(noname, at(52, 18, 45), [(P["chamomile-meadow"], 1)])
    checkout(noname, at(2, 22, 15), [(P["lavender-night"], 1), (P["evening-box"], 1)])
    layla = who["layla@example.com"]
    bought(layla, at(88, 9, 0), [(P["gunpowder-mint"], 2), (P["stoneware-teapot"], 1)])
    checkout(layla, at(1, 9, 50), [(P["gunpowder-mint"], 2), (P["hibiscus-rose"], 1), (P["peppermint-leaf"], 1)],
             titles={0: "شاي أخضر بالنعناع", 1: "كركديه بالورد"}, pictures={2: None})
    big = who["big@example.com"]
    lines = [(p, 1 + i % 4) for i, p in enumerate([p for p in PRODUCTS if p["slug"] not in UNPUBLISHED][:40])]
    bought(big, at(120, 15, 0), lines[:9])
    checkout(big, at(4, 15, 30), lines, pictures={5: "absent", 17: "", 30: None})
    empty = who["empty@example.com"]
    view(empty, at(6, 19, 0), P["kyusu-side-handle"])
    checkout(empty, at(6, 19, 12), [])
    bought(empty, at(150, 19, 12), [(P["milk-oolong"], 1)])
    return set(id(who[e]) for e in ("ada@example.com", "jose@example.com", "lina@example.com", "bob@example.com", "oneil@example.com", "noname@example.com",
                                    "layla@example.com", "big@example.com", "empty@example.com"))


def make_events():
    known = scripted()
    quiet = set(rng.sample(range(len(people)), 24))  # people who never came back
    shoppers = [p for i, p in enumerate(people) if id(p) not in known and i not in quiet]
    keen = [(p, 1 + 9 * rng.random() ** 3) for p in shoppers]
    for p, joined in MEMBERS["newsletter"]:
        if joined >= START:
            log.add(p, "Subscribed to List", joined, {"List": "Newsletter", "Source": p.attributes.get("subscriptions", {}).get("email", {}).get("marketing", {}).get("method")})
            mail(p, joined + dt.timedelta(minutes=2), {"Flow": "Welcome", "Subject": "Welcome in"}, 0.7)
    while len(log.rows) < 4600:
        p = weighted(keen)
        if rng.random() < 0.34:
            t = NOW - 30 * DAY * rng.random() ** 1.15
        else:
            t = START + (NOW - START) * rng.random()
        t = t.replace(hour=rng.choice([0, 1, 2, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]), minute=rng.randint(0, 59))
        if t < max(p.created, START) or t > NOW - dt.timedelta(hours=1):
            continue
        session(p, t)
    gone = {"id": "NT-099", "title": "Keemun Reserve", "cats": ["black", "tea"], "price": 21.0, "image": IMAGES + "keemun-reserve.png", "url": SITE + "products/keemun-reserve"}
    for p, days in zip(rng.sample(shoppers, 4), (5, 12, 40, 130)):
        view(p, max(at(days, 16, 3), p.created + dt.timedelta(hours=1)), gone)
    opens = []
    mailable = [p for p in people if p.email and p.kind in ("subscribed", "suppressed", "bounced")]
    while len(log.rows) < EVENTS:
        name, subject, days = rng.choice(CAMPAIGNS)
        p = rng.choice(mailable)
        t = at(-days, 14, 0) + dt.timedelta(seconds=rng.randint(0, 900))
        if t < p.created or (p.id, name) in opens:
            continue
        opens.append((p.id, name))
        mail(p, t, {"Campaign Name": name, "Subject": subject}, 0.46 if len(log.rows) < EVENTS - 1 else 0)
    assert len(log.rows) == EVENTS, len(log.rows)
    log.rows.sort(key=lambda r: (r[0], r[1]))


def event_line(t, person, metric, props, plain):
    eid = "".join(rng.choice(BASE62) for _ in range(11))
    mid, integration = METRIC[metric]
    form = 0.0 if plain else rng.random()
    props = dict(props)
    if form < 0.76:  # short
        name = {"name": metric, "integration": integration} if not plain and rng.random() < 0.05 else metric
        return {"id": eid, "metric": name, "profile": {"email": person.email} if plain else person.short(), "datetime": iso(t).replace("+00:00", "Z"), "event_properties": props}
    if form < 0.90 and not person.as_attributes:  # resource with relationships
        return {"type": "event", "id": eid, "attributes": {"timestamp": int(t.timestamp()), "datetime": iso(t), "event_properties": props},
                "relationships": {"profile": {"data": {"type": "profile", "id": person.id}}, "metric": {"data": {"type": "metric", "id": mid}}}}
    if form < 0.93:  # resource, short inside
        return {"type": "event", "id": eid, "attributes": {"metric": metric, "profile": person.short(), "datetime": iso(t), "event_properties": props}}
    # body of the create-event call
    who = {"email": person.email} if person.email else {"external_id": person.external}
    if person.external and person.email and rng.random() < 0.4:
        who["external_id"] = person.external
    attrs = {"properties": props, "time": iso(t)}
    if "$value" in props:
        attrs["value"], attrs["value_currency"] = props.pop("$value"), "USD"
    attrs["unique_id"] = props.pop("$event_id", eid)
    attrs["metric"] = {"data": {"type": "metric", "attributes": {"name": metric}}}
    attrs["profile"] = {"data": {"type": "profile", "attributes": who}}
    body = {"type": "event", "attributes": attrs}
    return body if rng.random() < 0.3 else {"data": body}


# ---------------------------------------------------------------- catalog
ORIGIN = {"black": "Assam", "green": "Shizuoka", "oolong": "Fujian", "white": "Fuding", "herbal": "Cederberg", "puerh": "Yunnan"}


def cid(x):
    return f"$custom:::$default:::{x}"


def catalog():
    for ext, name in CATEGORIES:
        yield {"type": "catalog-category", "id": cid(ext), "attributes": {"external_id": ext, "name": name, "updated": "2026-11-01T00:00:00+00:00"}}
    for i, p in enumerate(PRODUCTS):
        meta = {}
        if p["cats"][0] in ORIGIN:
            meta = {"origin": ORIGIN[p["cats"][0]], "caffeine": "none" if "caffeine-free" in p["cats"] else ("low" if p["cats"][0] == "white" else "medium"), "steep_minutes": 2 + i % 4}
        if p["slug"] in REGULAR:
            meta["regular_price"] = REGULAR[p["slug"]]
        picture = None if p["slug"] in NO_PICTURE else p["image"]
        born = dt.datetime(2025, 3, 1, tzinfo=dt.timezone.utc) + dt.timedelta(days=(i * 37) % 420) if "new" not in p["cats"] else NOW - dt.timedelta(days=20 + i)
        yield {"type": "catalog-item", "id": cid(p["id"]),
               "attributes": {"external_id": p["id"], "title": p["title"], "description": p["description"], "price": p["price"], "url": p["url"], "image_full_url": picture,
                              "image_thumbnail_url": picture, "images": [picture] if picture else [], "custom_metadata": meta, "published": p["slug"] not in UNPUBLISHED,
                              "created": iso(born), "updated": "2026-11-01T00:00:00+00:00"},
               "relationships": {"categories": {"data": [{"type": "catalog-category", "id": cid(c)} for c in p["cats"]]}}}
    for slug, variants in VARIANTS.items():
        p = BY_SLUG[slug]
        for suffix, title, meta, factor, stock, policy in variants:
            ext = f"{p['id']}-{suffix}"
            a = {"external_id": ext, "title": f"{p['title']}, {title}", "description": title, "sku": ext.upper().replace("-", ""), "inventory_policy": policy,
                 "inventory_quantity": stock, "price": round(p["price"] * factor, 2), "url": f"{p['url']}?variant={suffix}", "image_full_url": p["image"], "custom_metadata": meta, "published": True}
            if stock is None:
                del a["inventory_quantity"]
            yield {"type": "catalog-variant", "id": cid(ext), "attributes": a, "relationships": {"item": {"data": {"type": "catalog-item", "id": cid(p["id"])}}}}


FEEDS = '''\
# Product feeds. The table's name is the feed's: feeds.TRENDING_TEA in a template.

# What sells right now: every sale counts, and counts half after three days.
# A quiet month is filled up with the quarter's best sellers.
[TRENDING_TEA]
order       = "trending"
window_days = 30
fallback    = { order = "best_selling", window_days = 90 }
filters.category_include = { match = "any", ids = ["tea"] }

# Ninety days, the whole shop.
[BEST_SELLERS]
order       = "best_selling"
window_days = 90

# What this person looked at, often and of late; who looked at nothing sees what sells.
[RECENTLY_VIEWED]
order    = "recently_viewed"
fallback = { order = "best_selling" }

# What people bought who bought the same as this person; not what they have already.
[ALSO_LIKE]
order    = "also_like"
fallback = { order = "best_selling" }
fill     = "newest"

# What lies in a basket beside what the event names: under a cart, or in the thanks for an order.
[GOES_WITH]
order    = "bought_together"
fallback = { order = "trending" }
'''


def write(name, text):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def jsonl(rows):
    return "".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in rows)


def table(header, rows):
    import io
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    w.writerow(header)
    w.writerows(rows)
    return out.getvalue()


MEMBERS = {}  # list -> [(person, when they joined)]


def make_lists():
    ours = [(i, p) for i, p in enumerate(people) if p.email and p.kind in ("subscribed", "unsubscribed", "bounced", "suppressed")]
    MEMBERS["newsletter"] = [(p, min(p.created + dt.timedelta(minutes=rng.randint(1, 4000)), NOW)) for i, p in ours if i < 9 or rng.random() < 0.7]
    MEMBERS["tasting-club"] = [(p, min(p.created + dt.timedelta(days=rng.randint(20, 300), minutes=rng.randint(1, 1400)), NOW - DAY)) for _, p in ours if p.attributes["properties"].get("VIP")]


def main():
    make_people()
    make_lists()
    make_events()
    latest = {}
    for t, _, person, *_ in log.rows:
        latest[person.id] = t
    for p in people:
        p.attributes["last_event_date"] = iso(latest[p.id]) if p.id in latest else None
    write("organization.toml", "# Who sends. In templates: organization.name, organization.full_address, …\n" +
          "".join(f"{k:<14} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in ORGANIZATION.items()))
    write("profiles.jsonl", jsonl(p.line(i) for i, p in enumerate(people)))
    write("metrics.jsonl", jsonl({"type": "metric", "id": mid, "attributes": {"name": name, "created": "2024-05-01T00:00:00+00:00", "updated": "2024-05-01T00:00:00+00:00",
                                                                             "integration": {"id": INTEGRATION_IDS[integ], "name": integ}}} for name, integ, mid in METRICS))
    write("catalog.jsonl", jsonl(catalog()))
    write("events.jsonl", jsonl(event_line(t, person, metric, props, plain) for t, _, person, metric, props, plain in log.rows))
    write("feeds.toml", FEEDS)
    for name, text in audience.files({name: mid for name, _, mid in METRICS}):
        write(name, text)
    codes = []
    for coupon, prefix, n in (("WELCOME10", "WEL", 60), ("BIRTHDAY", "BDAY", 40)):
        codes += [(coupon, f"{prefix}-" + "".join(rng.choice("23456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(6))) for _ in range(n)]
    write("coupons.csv", table(["coupon", "code"], codes))
    for name, members in MEMBERS.items():
        write(f"lists/{name}.csv", table(["email", "joined_at"], [(p.email, iso(t)) for p, t in members]))


if __name__ == "__main__":
    main()
