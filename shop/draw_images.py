#!/usr/bin/env python3
"""Draws every picture of the sample shop into shop/images/.

    python3 -m pip install pillow
    python3 shop/draw_images.py            # all pictures
    python3 shop/draw_images.py assam      # only those whose name contains "assam"

Needs Pillow, and only this script does: the pictures are committed. Nothing here is random, so the same Pillow draws
the same pictures. Each picture is drawn four times too large with flat shapes and then scaled down, which is all the
antialiasing there is; a small palette keeps the files small.

The products, their shapes, motifs and colours come from PRODUCTS in generate.py.
"""
import math
import pathlib
import sys

from PIL import Image, ImageDraw

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from generate import PRODUCTS  # noqa: E402

OUT = pathlib.Path(__file__).resolve().parent / "images"
SS = 4  # supersampling

INK = "#14342b"
PAPER = "#f4f1ea"
CREAM = "#fbf8f1"
TERRACOTTA = "#c1440e"
BRASS = "#c99a3f"
WOOD = "#b98a5a"
IRON = "#2c3331"

GROUNDS = {  # category -> (wall, table)
    "green": ("#e0e7d3", "#cfd9bf"),
    "black": ("#ecdfca", "#dfcdb1"),
    "oolong": ("#d9e4df", "#c5d4cd"),
    "white": ("#ebe7dd", "#dcd6c7"),
    "herbal": ("#f2ded1", "#e6cab8"),
    "puerh": ("#e5d6c6", "#d5c1ac"),
    "teaware": ("#dee0da", "#cdd0c7"),
    "gifts": ("#efd9ca", "#e2c3af"),
}


# ---------------------------------------------------------------- colours and primitives
def rgb(c):
    c = c.lstrip("#")
    return tuple(int(c[i:i + 2], 16) for i in (0, 2, 4))


def mix(a, b, t):
    a, b = rgb(a), rgb(b)
    return "#%02x%02x%02x" % tuple(round(x + (y - x) * t) for x, y in zip(a, b))


def lighter(c, t=0.2):
    return mix(c, "#ffffff", t)


def darker(c, t=0.2):
    return mix(c, "#0b1f19", t)


class Canvas:
    """Draws in picture units; origin top left."""

    def __init__(self, w, h, ground):
        self.w, self.h = w, h
        self.img = Image.new("RGB", (w * SS, h * SS), rgb(ground))
        self.d = ImageDraw.Draw(self.img)

    def poly(self, pts, c):
        self.d.polygon([(x * SS, y * SS) for x, y in pts], fill=rgb(c))

    def ell(self, cx, cy, rx, ry, c):
        self.d.ellipse([(cx - rx) * SS, (cy - ry) * SS, (cx + rx) * SS, (cy + ry) * SS], fill=rgb(c))

    def circle(self, cx, cy, r, c):
        self.ell(cx, cy, r, r, c)

    def ring(self, cx, cy, rx, ry, width, c):
        pts_o = [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in turns(120)]
        self.stroke(pts_o + pts_o[:1], width, c)

    def rect(self, x, y, w, h, c, r=0):
        box = [x * SS, y * SS, (x + w) * SS - 1, (y + h) * SS - 1]
        if r:
            self.d.rounded_rectangle(box, radius=r * SS, fill=rgb(c))
        else:
            self.d.rectangle(box, fill=rgb(c))

    def stroke(self, pts, width, c):
        """A line with round ends and joints."""
        q = [(x * SS, y * SS) for x, y in pts]
        self.d.line(q, fill=rgb(c), width=round(width * SS), joint="curve")
        r = width * SS / 2
        for x, y in (q[0], q[-1]):
            self.d.ellipse([x - r, y - r, x + r, y + r], fill=rgb(c))

    def arc(self, cx, cy, rx, ry, a0, a1, width, c):
        n = 40
        self.stroke([(cx + rx * math.cos(math.radians(a0 + (a1 - a0) * i / n)),
                      cy + ry * math.sin(math.radians(a0 + (a1 - a0) * i / n))) for i in range(n + 1)], width, c)

    def save(self, name, colours=64):
        small = self.img.resize((self.w, self.h), Image.LANCZOS)
        small = small.quantize(colors=colours, method=Image.MEDIANCUT, dither=Image.NONE)
        small.save(OUT / f"{name}.png", optimize=True)


def turns(n):
    return [2 * math.pi * i / n for i in range(n)]


def bezier(p0, p1, p2, p3=None, n=40):
    out = []
    for i in range(n + 1):
        t = i / n
        u = 1 - t
        if p3 is None:
            out.append((u * u * p0[0] + 2 * u * t * p1[0] + t * t * p2[0], u * u * p0[1] + 2 * u * t * p1[1] + t * t * p2[1]))
        else:
            out.append((u ** 3 * p0[0] + 3 * u * u * t * p1[0] + 3 * u * t * t * p2[0] + t ** 3 * p3[0],
                        u ** 3 * p0[1] + 3 * u * u * t * p1[1] + 3 * u * t * t * p2[1] + t ** 3 * p3[1]))
    return out


def leaf(c, x, y, length, width, angle, colour, vein=True):
    """A tea leaf that grows from (x, y) in the direction of angle (degrees, 0 = right, -90 = up)."""
    a = math.radians(angle)
    ux, uy, vx, vy = math.cos(a), math.sin(a), -math.sin(a), math.cos(a)
    side = [(t / 30, width / 2 * math.sin(math.pi * (t / 30) ** 0.85) ** 0.9) for t in range(31)]
    left = [(x + ux * t * length + vx * w, y + uy * t * length + vy * w) for t, w in side]
    right = [(x + ux * t * length - vx * w, y + uy * t * length - vy * w) for t, w in side]
    c.poly(left + right[::-1], colour)
    mid = [(x + ux * t * length, y + uy * t * length) for t, _ in side]
    c.poly(left + mid[::-1], lighter(colour, 0.12))
    if vein:
        c.stroke([(x, y), (x + ux * length * 0.82, y + uy * length * 0.82)], max(1.2, width * 0.05), darker(colour, 0.28))


def petals(c, cx, cy, r, n, colour, core, fat=0.62, turn=0.0):
    for a in turns(n):
        deg = math.degrees(a) + turn
        leaf(c, cx, cy, r, r * fat, deg, colour, vein=False)
    c.circle(cx, cy, r * 0.26, core)


# ---------------------------------------------------------------- motifs: what a tea tastes of
def m_bud(c, x, y, r, a, b):
    c.stroke([(x, y + r * 0.95), (x, y)], r * 0.09, darker(a, 0.15))
    leaf(c, x, y + r * 0.55, r * 1.15, r * 0.62, -28, a)
    leaf(c, x, y + r * 0.55, r * 1.15, r * 0.62, -152, a)
    leaf(c, x, y + r * 0.15, r * 1.15, r * 0.42, -90, b)


def m_leaf(c, x, y, r, a, b):
    leaf(c, x - r * 0.72, y + r * 0.62, r * 1.9, r * 0.95, -40, a)


def m_flower(c, x, y, r, a, b):
    petals(c, x, y, r, 7, a, b)


def m_rose(c, x, y, r, a, b):
    petals(c, x, y, r, 5, a, b, fat=0.95, turn=-90)
    petals(c, x, y, r * 0.6, 5, lighter(a, 0.25), b, fat=0.95, turn=-54)


def m_daisy(c, x, y, r, a, b):
    petals(c, x, y, r, 12, a, b, fat=0.4)
    c.circle(x, y, r * 0.34, b)


def m_citrus(c, x, y, r, a, b):
    c.circle(x, y, r, a)
    c.circle(x, y, r * 0.86, CREAM)
    for i in range(8):
        t0, t1 = math.radians(45 * i + 4), math.radians(45 * i + 41)
        c.poly([(x + r * 0.1 * math.cos((t0 + t1) / 2), y + r * 0.1 * math.sin((t0 + t1) / 2))] +
               [(x + r * 0.78 * math.cos(t0 + (t1 - t0) * k / 8), y + r * 0.78 * math.sin(t0 + (t1 - t0) * k / 8)) for k in range(9)], b)


def m_pine(c, x, y, r, a, b):
    c.rect(x - r * 0.1, y + r * 0.55, r * 0.2, r * 0.45, b)
    for k, (dy, w) in enumerate(((0.62, 0.78), (0.18, 0.62), (-0.26, 0.46))):
        c.poly([(x - r * w, y + r * dy), (x + r * w, y + r * dy), (x, y + r * (dy - 0.72))], a if k % 2 else lighter(a, 0.1))


def m_moon(c, x, y, r, a, b):
    c.circle(x, y, r * 0.95, a)
    c.circle(x + r * 0.42, y - r * 0.16, r * 0.78, CREAM)
    for dx, dy, s in ((0.42, -0.3, 0.13), (0.78, 0.18, 0.09), (0.3, 0.28, 0.08)):
        star(c, x + r * dx, y + r * dy, r * s * 1.6, 4, b)


def star(c, x, y, r, n, colour, inner=0.36, turn=-90):
    pts = []
    for i in range(2 * n):
        rr = r if i % 2 == 0 else r * inner
        t = math.radians(turn + 180 * i / n)
        pts.append((x + rr * math.cos(t), y + rr * math.sin(t)))
    c.poly(pts, colour)


def m_sun(c, x, y, r, a, b):
    star(c, x, y, r, 14, b, inner=0.74)
    c.circle(x, y, r * 0.62, a)


def m_mountain(c, x, y, r, a, b):
    c.circle(x + r * 0.42, y - r * 0.42, r * 0.3, b)
    c.poly([(x - r, y + r * 0.6), (x - r * 0.25, y - r * 0.55), (x + r * 0.5, y + r * 0.6)], a)
    c.poly([(x - r * 0.25, y - r * 0.55), (x - r * 0.5, y - r * 0.17), (x - r * 0.3, y - r * 0.25), (x - r * 0.15, y - r * 0.1),
            (x + r * 0.02, y - r * 0.14)], CREAM)
    c.poly([(x - r * 0.1, y + r * 0.6), (x + r * 0.45, y - r * 0.12), (x + r, y + r * 0.6)], darker(a, 0.2))


def m_wave(c, x, y, r, a, b):
    for k in range(4):
        yy = y - r * 0.6 + k * r * 0.4
        half = math.sqrt(max(0.0, 1 - ((yy - y) / r) ** 2)) * r * 0.86
        pts = [(x - half + 2 * half * i / 40, yy + r * 0.1 * math.sin(i / 40 * 2 * half / r * 5.5 + k)) for i in range(41)]
        c.stroke(pts, r * 0.14, b if k == 1 else a)


def m_pearls(c, x, y, r, a, b):
    for dx, dy in ((-0.5, 0.3), (0.5, 0.3), (0, 0.42), (-0.26, -0.12), (0.28, -0.12), (0, -0.54)):
        c.circle(x + r * dx, y + r * dy, r * 0.31, a)
        c.arc(x + r * dx, y + r * dy, r * 0.17, r * 0.17, 200, 330, r * 0.06, lighter(a, 0.4))
    leaf(c, x + r * 0.05, y - r * 0.72, r * 0.6, r * 0.26, -25, b, vein=False)


def m_rice(c, x, y, r, a, b):
    for i, (dx, dy) in enumerate(((-0.55, -0.35), (0.05, -0.6), (0.55, -0.2), (-0.2, 0.0), (0.3, 0.3), (-0.55, 0.4), (0.0, 0.62))):
        leaf(c, x + r * dx - r * 0.16, y + r * dy, r * 0.5, r * 0.26, (35, -20, 70, 10, -50, -15, 25)[i], a if i % 3 else b, vein=False)


def m_flame(c, x, y, r, a, b):
    def drop(cx, cy, s, col):
        left = bezier((cx, cy - s * 1.1), (cx - s * 0.25, cy - s * 0.3), (cx - s * 0.85, cy - s * 0.1), (cx - s * 0.62, cy + s * 0.55))
        base = bezier((cx - s * 0.62, cy + s * 0.55), (cx - s * 0.35, cy + s * 1.0), (cx + s * 0.35, cy + s * 1.0), (cx + s * 0.62, cy + s * 0.55))
        right = bezier((cx + s * 0.62, cy + s * 0.55), (cx + s * 0.85, cy - s * 0.1), (cx + s * 0.2, cy - s * 0.45), (cx, cy - s * 1.1))
        c.poly(left + base + right, col)
    drop(x, y + r * 0.1, r * 0.92, a)
    drop(x, y + r * 0.42, r * 0.5, b)


def m_drop(c, x, y, r, a, b):
    pts = bezier((x, y - r), (x - r * 0.3, y - r * 0.3), (x - r * 0.7, y), (x - r * 0.7, y + r * 0.3)) + \
        [(x - r * 0.7 * math.cos(t / 30 * math.pi), y + r * 0.3 + r * 0.66 * math.sin(t / 30 * math.pi)) for t in range(31)] + \
        bezier((x + r * 0.7, y + r * 0.3), (x + r * 0.7, y), (x + r * 0.3, y - r * 0.3), (x, y - r))
    c.poly(pts, a)
    c.arc(x, y + r * 0.3, r * 0.44, r * 0.42, 95, 170, r * 0.12, b)


def m_needle(c, x, y, r, a, b):
    for i, dx in enumerate((-0.55, 0, 0.55)):
        leaf(c, x + r * dx * 0.35, y + r * 0.9, r * (1.55 if i != 1 else 1.85), r * 0.34, -90 + dx * 46, (a, b, a)[i])


def m_mint(c, x, y, r, a, b):
    c.stroke([(x, y + r), (x, y - r * 0.5)], r * 0.09, darker(a, 0.2))
    for s in (0, 1):
        leaf(c, x, y + r * 0.75, r * 0.95, r * 0.5, -30 if s else -150, a)
        leaf(c, x, y + r * 0.15, r * 0.8, r * 0.42, -36 if s else -144, b)
    leaf(c, x, y - r * 0.3, r * 0.72, r * 0.38, -90, a)


def m_anise(c, x, y, r, a, b):
    for t in turns(8):
        leaf(c, x, y, r, r * 0.4, math.degrees(t) + 22.5, a, vein=False)
        c.ell(x + r * 0.6 * math.cos(t + 0.39), y + r * 0.6 * math.sin(t + 0.39), r * 0.09, r * 0.09, b)
    c.circle(x, y, r * 0.16, b)


def m_berry(c, x, y, r, a, b):
    c.stroke([(x - r * 0.4, y + r * 0.3), (x + r * 0.1, y - r * 0.75)], r * 0.08, b)
    c.stroke([(x + r * 0.45, y + r * 0.3), (x + r * 0.1, y - r * 0.75)], r * 0.08, b)
    leaf(c, x + r * 0.1, y - r * 0.75, r * 0.85, r * 0.42, 12, b)
    for dx in (-0.4, 0.45):
        c.circle(x + r * dx, y + r * 0.42, r * 0.42, a)
        c.circle(x + r * (dx - 0.12), y + r * 0.28, r * 0.1, lighter(a, 0.45))


def m_peach(c, x, y, r, a, b):
    c.circle(x, y + r * 0.12, r * 0.78, a)
    c.arc(x + r * 0.5, y + r * 0.05, r * 0.55, r * 0.75, 125, 225, r * 0.07, darker(a, 0.18))
    leaf(c, x, y - r * 0.6, r * 0.85, r * 0.42, -18, b)


def m_lavender(c, x, y, r, a, b):
    for lean, top in ((-0.62, -0.42), (0.62, -0.42), (0, -0.92)):
        ax, ay = x + r * lean * 0.12, y + r
        bx, by = x + r * lean, y + r * top
        c.stroke([(ax, ay), (bx, by)], r * 0.07, b)
        for k in range(5):
            t = 1 - 0.13 * k
            px, py, w = ax + (bx - ax) * t, ay + (by - ay) * t, r * (0.08 + 0.018 * k)
            c.circle(px - w * 0.8, py, w, a)
            c.circle(px + w * 0.8, py, w, lighter(a, 0.22))


def m_bee(c, x, y, r, a, b):
    for t in [(-0.5, -0.43), (0.5, -0.43), (0, 0.0), (-0.5, 0.43), (0.5, 0.43), (0, -0.86), (0, 0.86)]:
        pts = [(x + r * t[0] * 1.02 + r * 0.3 * math.cos(math.radians(60 * k)), y + r * t[1] * 0.62 + r * 0.3 * math.sin(math.radians(60 * k)))
               for k in range(6)]
        c.poly(pts, a if t[1] else b)


MOTIFS = {k[2:]: v for k, v in list(globals().items()) if k.startswith("m_")}


# ---------------------------------------------------------------- scenes
def scene(cat):
    wall, table = GROUNDS[cat]
    c = Canvas(320, 320, wall)
    c.circle(160, 142, 118, lighter(wall, 0.38))
    c.rect(0, 254, 320, 66, table)
    return c


def shadow(c, cat, x, y, rx, ry=9):
    c.ell(x, y, rx, ry, darker(GROUNDS[cat][1], 0.16))


def label(c, x, y, r, motif, a, b, bars=True):
    c.circle(x, y, r, CREAM)
    MOTIFS[motif](c, x, y - (r * 0.02), r * 0.62, a, b)
    if bars:
        c.rect(x - r * 0.62, y + r + 8, r * 1.24, 5, CREAM, 2.5)
        c.rect(x - r * 0.34, y + r + 18, r * 0.68, 4, CREAM, 2)


def d_tin(c, cat, motif, colour, a, b):
    shadow(c, cat, 168, 262, 84)
    c.rect(98, 112, 124, 150, colour, 10)
    c.rect(98, 112, 16, 150, lighter(colour, 0.14), 8)
    c.rect(200, 112, 22, 150, darker(colour, 0.14), 8)
    c.rect(196, 112, 10, 150, darker(colour, 0.14))
    lid = darker(colour, 0.3)
    c.rect(92, 78, 136, 40, lid, 8)
    c.rect(92, 78, 136, 8, lighter(lid, 0.18), 4)
    c.rect(92, 108, 136, 5, BRASS)
    label(c, 156, 174, 40, motif, a, b)


def d_pouch(c, cat, motif, colour, a, b):
    shadow(c, cat, 166, 264, 82)
    body = [(104, 84)] + bezier((104, 84), (100, 150), (90, 250)) + bezier((90, 250), (160, 274), (230, 250)) + \
        bezier((230, 250), (220, 150), (216, 84))
    c.poly(body, colour)
    c.poly(bezier((216, 84), (220, 150), (230, 250)) + bezier((230, 250), (216, 256), (204, 258)) + bezier((204, 258), (206, 160), (198, 84)),
           darker(colour, 0.13))
    c.rect(100, 56, 120, 34, darker(colour, 0.22), 3)
    c.rect(100, 56, 120, 7, lighter(colour, 0.2), 3)
    c.rect(108, 96, 104, 3, darker(colour, 0.2))
    c.circle(160, 73, 4, lighter(colour, 0.35))
    label(c, 158, 168, 43, motif, a, b)


def d_box(c, cat, motif, colour, a, b):
    shadow(c, cat, 172, 262, 92)
    c.poly([(212, 96), (244, 84), (244, 244), (212, 262)], darker(colour, 0.24))
    c.rect(92, 96, 120, 166, colour)
    c.poly([(92, 96), (128, 84), (244, 84), (212, 96)], lighter(colour, 0.25))
    c.rect(92, 96, 120, 22, darker(colour, 0.12))
    c.poly([(212, 96), (244, 84), (244, 105), (212, 118)], darker(colour, 0.36))
    label(c, 152, 178, 41, motif, a, b)


def d_cake(c, cat, motif, colour, a, b):
    shadow(c, cat, 166, 264, 96)
    c.circle(190, 158, 88, darker(colour, 0.25))
    c.circle(190, 158, 80, darker(colour, 0.12))
    c.circle(140, 170, 94, lighter(colour, 0.62))
    for t in turns(20):
        c.stroke([(140 + 58 * math.cos(t), 170 + 58 * math.sin(t)), (140 + 88 * math.cos(t), 170 + 88 * math.sin(t))], 1.6, lighter(colour, 0.42))
    c.circle(140, 170, 56, colour)
    label(c, 140, 170, 47, motif, a, b, bars=False)


def steam(c, x, y, s, colour):
    for dx in (-16, 0, 16):
        c.stroke(bezier((x + dx * s, y), (x + (dx - 10) * s, y - 14 * s), (x + (dx + 10) * s, y - 28 * s), (x + dx * s, y - 44 * s)), 4 * s, colour)


def d_kettle(c, cat, motif, colour, a, b):
    shadow(c, cat, 160, 262, 92)
    for k in (-1, 1):
        c.stroke([(160 + 66 * k, 122), (160 + 58 * k, 168)], 9, darker(colour, 0.25))
    c.arc(160, 122, 66, 66, 180, 360, 9, darker(colour, 0.25))
    c.poly([(222, 196)] + bezier((222, 196), (250, 186), (256, 150)) + [(272, 146)] + bezier((272, 146), (272, 206), (226, 226)), darker(colour, 0.1))
    c.ell(160, 200, 86, 60, colour)
    c.rect(104, 236, 112, 24, darker(colour, 0.2), 8)
    c.ell(160, 148, 48, 12, darker(colour, 0.28))
    c.ell(160, 143, 46, 11, lighter(colour, 0.12))
    c.circle(160, 130, 9, BRASS)
    for row in range(3):
        for k in range(9):
            c.circle(96 + 16 * k + (8 if row % 2 else 0), 190 + 16 * row, 3, lighter(colour, 0.16))


def d_gooseneck(c, cat, motif, colour, a, b):
    shadow(c, cat, 164, 262, 88)
    c.stroke(bezier((112, 236), (60, 236), (100, 150), (56, 126)), 11, darker(colour, 0.08))
    c.stroke(bezier((204, 134), (270, 110), (276, 200), (236, 236)), 12, WOOD)
    c.poly([(120, 122), (208, 122), (228, 260), (100, 260)], colour)
    c.poly([(190, 122), (208, 122), (228, 260), (202, 260)], darker(colour, 0.15))
    c.poly([(120, 122), (130, 122), (114, 260), (100, 260)], lighter(colour, 0.3))
    c.rect(114, 108, 100, 16, darker(colour, 0.22), 7)
    c.circle(164, 100, 10, WOOD)


def d_teapot(c, cat, motif, colour, a, b, glass=False):
    shadow(c, cat, 160, 262, 84)
    c.arc(236, 190, 38, 42, -100, 110, 12, darker(colour, 0.1) if not glass else mix(colour, GROUNDS[cat][0], 0.25))
    c.poly([(98, 232)] + bezier((98, 232), (62, 210), (58, 160)) + [(38, 146), (44, 138), (74, 150)] + bezier((74, 150), (88, 176), (108, 184)), colour)
    c.ell(160, 196, 76, 66, colour)
    if glass:
        c.d.chord([(160 - 68) * SS, (196 - 58) * SS, (160 + 68) * SS, (196 + 58) * SS], 8, 172, fill=rgb(a))
        c.ell(160, 204, 66, 9, lighter(a, 0.2))
        leaf(c, 140, 240, 40, 18, -40, b)
        leaf(c, 168, 238, 34, 15, -120, b)
        c.arc(160, 196, 58, 50, 195, 240, 6, lighter(colour, 0.7))
    else:
        c.ell(160, 222, 70, 40, darker(colour, 0.12))
        c.ell(160, 190, 74, 54, colour)
        c.arc(160, 196, 58, 48, 195, 245, 6, lighter(colour, 0.35))
    c.rect(118, 254, 84, 8, darker(colour, 0.25), 4)
    c.ell(160, 136, 40, 12, darker(colour, 0.2))
    c.ell(160, 131, 36, 11, lighter(colour, 0.18))
    c.circle(160, 116, 10, BRASS if glass else darker(colour, 0.3))


def d_teapot_glass(c, cat, motif, colour, a, b):
    d_teapot(c, cat, motif, colour, a, b, glass=True)


def d_kyusu(c, cat, motif, colour, a, b):
    shadow(c, cat, 150, 262, 86)
    c.stroke([(206, 190), (282, 148)], 22, darker(colour, 0.12))
    c.circle(282, 148, 13, darker(colour, 0.3))
    c.poly([(94, 190), (56, 160), (46, 170), (88, 226)], darker(colour, 0.08))
    c.ell(144, 202, 76, 58, colour)
    for k in range(4):
        c.arc(144, 202, 76 - 2 * k, 58, 25 + 7 * k, 155 - 7 * k, 2.2, darker(colour, 0.2)) if k == 0 else None
    c.arc(144, 200, 60, 42, 195, 250, 6, lighter(colour, 0.3))
    c.ell(144, 150, 44, 11, darker(colour, 0.25))
    c.ell(144, 145, 40, 10, lighter(colour, 0.14))
    c.circle(144, 131, 10, darker(colour, 0.3))


def cup_shape(c, x, y, w, h, colour, tea, rim=0.16):
    pts = [(x - w / 2, y)] + bezier((x - w / 2, y), (x - w * 0.46, y + h), (x - w * 0.22, y + h)) + \
        bezier((x + w * 0.22, y + h), (x + w * 0.46, y + h), (x + w / 2, y))
    c.poly(pts, colour)
    c.poly([(x + w * 0.26, y)] + bezier((x + w * 0.26, y), (x + w * 0.26, y + h * 0.8), (x + w * 0.08, y + h)) + [(x + w * 0.22, y + h)] +
           bezier((x + w * 0.22, y + h), (x + w * 0.46, y + h), (x + w / 2, y)), darker(colour, 0.12))
    c.ell(x, y, w / 2, w * rim, lighter(colour, 0.3))
    c.ell(x, y + 1, w * 0.44, w * rim * 0.8, tea)


def d_gaiwan(c, cat, motif, colour, a, b):
    shadow(c, cat, 160, 262, 96)
    c.ell(160, 252, 92, 14, darker(colour, 0.14))
    c.ell(160, 247, 92, 13, lighter(colour, 0.3))
    cup_shape(c, 160, 160, 144, 86, colour, b)
    c.ell(160, 160, 72, 22, darker(colour, 0.16))
    c.rect(146, 98, 28, 30, darker(colour, 0.16), 7)
    c.d.chord([(160 - 66) * SS, 114 * SS, (160 + 66) * SS, 202 * SS], 180, 360, fill=rgb(lighter(colour, 0.12)))
    c.ell(160, 157, 66, 11, lighter(colour, 0.12))
    c.arc(160, 158, 50, 32, 200, 250, 5, lighter(colour, 0.6))
    for x in (112, 136, 160, 184, 208):
        c.circle(x, 150 - (9 if x == 160 else 5 if x in (136, 184) else 0), 3.4, a)
    leaf(c, 120, 220, 40, 17, -35, a)
    leaf(c, 156, 226, 40, 17, -60, a)


def d_cups(c, cat, motif, colour, a, b):
    shadow(c, cat, 160, 262, 112)
    cup_shape(c, 214, 164, 108, 92, darker(colour, 0.08), b)
    cup_shape(c, 112, 172, 120, 90, colour, b)
    steam(c, 112, 146, 0.9, "#ffffff")


def d_tumbler(c, cat, motif, colour, a, b):
    shadow(c, cat, 164, 264, 60)
    c.rect(118, 104, 84, 158, colour, 14)
    c.rect(186, 104, 16, 158, darker(colour, 0.14), 8)
    c.rect(126, 112, 8, 140, lighter(colour, 0.3), 4)
    c.rect(114, 72, 92, 42, WOOD, 8)
    c.rect(114, 100, 92, 8, darker(WOOD, 0.25))
    c.rect(146, 56, 28, 18, darker(WOOD, 0.15), 5)
    MOTIFS["bud"](c, 160, 186, 30, lighter(colour, 0.55), CREAM)


def d_whisk(c, cat, motif, colour, a, b):
    shadow(c, cat, 160, 262, 62)
    for i in range(-10, 11):
        x = i / 10
        c.stroke(bezier((160 + 20 * x, 150), (160 + 62 * x, 170), (160 + 68 * x, 220), (160 + 46 * x, 256)), 4.4, colour if i % 2 else darker(colour, 0.16))
    for i in range(-4, 5):
        x = i / 4
        c.stroke(bezier((160 + 12 * x, 150), (160 + 26 * x, 180), (160 + 24 * x, 230), (160 + 12 * x, 254)), 4, lighter(colour, 0.2))
    c.rect(138, 64, 44, 92, lighter(colour, 0.12), 6)
    c.rect(170, 64, 12, 92, darker(colour, 0.1), 6)
    c.rect(136, 146, 48, 12, INK, 3)
    c.rect(138, 96, 44, 4, darker(colour, 0.2))


def d_bowl(c, cat, motif, colour, a, b):
    shadow(c, cat, 160, 262, 90)
    c.rect(124, 242, 72, 20, darker(colour, 0.3), 5)
    cup_shape(c, 160, 160, 196, 92, colour, a, rim=0.15)
    for x, y, r in ((130, 162, 9), (150, 168, 6), (186, 160, 10), (172, 170, 5), (206, 164, 6)):
        c.ell(x, y, r, r * 0.4, lighter(a, 0.4))


def d_scoop(c, cat, motif, colour, a, b):
    shadow(c, cat, 160, 262, 112)
    c.poly(bezier((56, 260), (116, 176), (164, 176)) + bezier((164, 176), (212, 176), (266, 260)), a)
    for i in range(26):
        x = 84 + (i * 61) % 152
        y = 256 - (i * 37) % max(8, int(70 - abs(x - 160) * 0.62))
        leaf(c, x - 10, y, 24, 9, (20, -40, 5, 50, -20, 70, -65)[i % 7], (lighter(a, 0.18), darker(a, 0.25), lighter(a, 0.32))[i % 3], vein=False)
    c.stroke([(150, 178), (272, 62)], 14, colour)
    c.stroke([(160, 164), (266, 63)], 4, lighter(colour, 0.35))
    bowl = bezier((176, 148), (196, 190), (150, 214)) + bezier((150, 214), (96, 230), (84, 226)) + bezier((84, 226), (92, 166), (150, 146)) + [(176, 148)]
    c.poly(bowl, darker(colour, 0.1))
    inner = bezier((164, 158), (176, 186), (142, 202)) + bezier((142, 202), (106, 214), (97, 213)) + bezier((97, 213), (108, 168), (146, 156)) + [(164, 158)]
    c.poly(inner, lighter(a, 0.1))
    for i, (x, y) in enumerate(((112, 198), (126, 184), (140, 190), (146, 170), (124, 202))):
        leaf(c, x - 8, y, 22, 8, (-20, 30, -50, 10, -70)[i], (darker(a, 0.25), lighter(a, 0.35))[i % 2], vein=False)


def d_infuser(c, cat, motif, colour, a, b):
    shadow(c, cat, 160, 262, 64)
    for i in range(12):
        c.ring(160 + 10 * math.sin(i * 0.55), 30 + 9 * i, 3.4, 4.6, 2.2, darker(colour, 0.12))
    c.circle(160, 200, 60, colour)
    c.d.chord([100 * SS, 140 * SS, 220 * SS, 260 * SS], 20, 110, fill=rgb(darker(colour, 0.12)))
    for row in range(-3, 4):
        n = 5 - abs(row) // 2
        for k in range(n):
            c.circle(160 + (k - (n - 1) / 2) * 21, 200 + row * 15, 3.6, darker(colour, 0.5))
    c.rect(98, 196, 124, 8, darker(colour, 0.3), 4)
    c.arc(160, 200, 48, 48, 200, 250, 6, lighter(colour, 0.5))


def d_strainer(c, cat, motif, colour, a, b):
    shadow(c, cat, 150, 262, 74)
    cup_shape(c, 146, 178, 128, 82, "#f7f3ea", a)
    c.arc(214, 206, 22, 24, -80, 95, 9, "#e6dfd0")
    c.stroke([(200, 158), (286, 128)], 9, WOOD)
    c.d.chord([86 * SS, 112 * SS, 206 * SS, 212 * SS], 0, 180, fill=rgb(darker(colour, 0.18)))
    for i in range(6):
        c.stroke([(98 + 19 * i, 166), (110 + 15 * i, 196 if 0 < i < 5 else 184)], 1.8, lighter(colour, 0.35))
    c.ell(146, 162, 62, 12, colour)
    c.ell(146, 162, 54, 9, darker(colour, 0.35))
    for i, x in enumerate((120, 140, 160, 174)):
        leaf(c, x - 8, 164, 20, 7, (10, -15, 20, -5)[i], lighter(b, 0.1), vein=False)


def d_caddy(c, cat, motif, colour, a, b):
    shadow(c, cat, 164, 264, 78)
    c.rect(100, 120, 120, 142, colour, 12)
    c.rect(198, 120, 22, 142, darker(colour, 0.14), 10)
    c.rect(108, 130, 8, 122, lighter(colour, 0.4), 4)
    c.rect(96, 92, 128, 36, WOOD, 8)
    c.rect(96, 116, 128, 6, darker(WOOD, 0.22))
    c.circle(160, 82, 13, darker(WOOD, 0.12))
    MOTIFS[motif](c, 158, 192, 34, a, b)


def d_towel(c, cat, motif, colour, a, b):
    shadow(c, cat, 162, 262, 86)
    c.rect(84, 66, 152, 12, WOOD, 6)
    c.rect(96, 72, 128, 188, colour)
    c.rect(196, 72, 28, 188, darker(colour, 0.08))
    for y in (212, 224, 236):
        c.rect(96, y, 128, 5, a)
    MOTIFS["bud"](c, 152, 146, 40, b, lighter(b, 0.2))
    for k in range(16):
        c.rect(97 + 8 * k, 258, 3, 9, darker(colour, 0.14))


def d_bags(c, cat, motif, colour, a, b):
    shadow(c, cat, 166, 262, 100)
    for x, y, t in ((200, 118, 1), (118, 132, 0)):
        c.stroke(bezier((x, y + 10), (x - 24, y - 40), (x + 40, y - 50), (x + 36, y - 74)), 2.4, INK)
        c.rect(x + 24, y - 86, 26, 26, (a, TERRACOTTA)[t], 3)
        w = 56
        body = [(x - w * 0.6, y + 10), (x + w * 0.6, y + 10), (x + w, y + 40), (x + w, y + 130), (x - w, y + 130), (x - w, y + 40)]
        c.poly(body, darker(colour, 0.05 if t else 0.0))
        c.poly([(x - w + 8, y + 84), (x + w - 8, y + 84), (x + w - 8, y + 122), (x - w + 8, y + 122)], b)
        c.rect(x - w * 0.6, y + 4, w * 1.2, 10, darker(colour, 0.16), 3)


def ribbon(c, x, y, s, colour):
    for k in (-1, 1):
        c.poly([(x, y)] + bezier((x, y), (x + k * 20 * s, y - 44 * s), (x + k * 60 * s, y - 34 * s)) +
               bezier((x + k * 60 * s, y - 34 * s), (x + k * 54 * s, y - 2 * s), (x, y)), colour)
        c.poly([(x, y)] + bezier((x, y), (x + k * 18 * s, y - 26 * s), (x + k * 42 * s, y - 24 * s)) +
               bezier((x + k * 42 * s, y - 24 * s), (x + k * 40 * s, y - 8 * s), (x, y)), darker(colour, 0.22))
    c.circle(x, y - 3 * s, 9 * s, darker(colour, 0.1))


def d_gift(c, cat, motif, colour, a, b):
    shadow(c, cat, 164, 264, 98)
    c.rect(78, 138, 168, 124, colour, 3)
    c.rect(214, 138, 32, 124, darker(colour, 0.16), 3)
    c.rect(70, 112, 184, 36, lighter(colour, 0.1), 4)
    c.rect(70, 140, 184, 8, darker(colour, 0.2))
    c.rect(146, 112, 30, 150, a)
    c.rect(168, 112, 8, 150, darker(a, 0.16))
    ribbon(c, 161, 112, 1.0, a)
    star(c, 112, 206, 13, 8, lighter(colour, 0.3), inner=0.5)
    star(c, 206, 190, 9, 8, lighter(colour, 0.3), inner=0.5)


def mini_tin(c, x, y, w, h, colour, motif, a, b):
    c.rect(x, y + h * 0.16, w, h * 0.84, colour, 4)
    c.rect(x + w * 0.8, y + h * 0.16, w * 0.2, h * 0.84, darker(colour, 0.14), 3)
    c.rect(x - 2, y, w + 4, h * 0.2, darker(colour, 0.3), 3)
    c.circle(x + w / 2 - 1, y + h * 0.58, w * 0.36, CREAM)
    MOTIFS[motif](c, x + w / 2 - 1, y + h * 0.58, w * 0.24, a, b)


def d_chest(c, cat, motif, colour, a, b):
    shadow(c, cat, 162, 264, 114)
    c.poly([(58, 96), (262, 96), (252, 150), (68, 150)], darker(colour, 0.2))
    c.poly([(70, 104), (250, 104), (243, 150), (77, 150)], lighter(colour, 0.3))
    for i, (col, mo) in enumerate((("#5b7f4b", "leaf"), ("#a5521f", "sun"), ("#2f5d55", "wave"), ("#b8862f", "flower"))):
        mini_tin(c, 76 + 44 * i, 118, 36, 70, col, mo, col, BRASS)
    c.rect(56, 164, 208, 98, colour, 4)
    c.rect(56, 164, 208, 10, lighter(colour, 0.22), 3)
    c.rect(140, 190, 40, 34, BRASS, 4)
    c.circle(160, 204, 5, INK)
    c.rect(158, 204, 4, 12, INK)
    for x in (62, 246):
        c.rect(x, 180, 12, 76, darker(colour, 0.16), 2)


def d_flight(c, cat, motif, colour, a, b):
    shadow(c, cat, 160, 258, 128)
    for i, (col, mo) in enumerate((("#3f6b3a", "leaf"), ("#7c9a4a", "needle"), ("#2f5d55", "wave"), ("#9aa94f", "pearls"), ("#5f6f2f", "flame"))):
        mini_tin(c, 36 + 51 * i, 140 + (10 if i % 2 else 0), 44, 100 - (10 if i % 2 else 0), col, mo, col, BRASS)
    c.rect(26, 238, 270, 18, WOOD, 4)
    c.rect(26, 250, 270, 6, darker(WOOD, 0.2), 3)


def d_card(c, cat, motif, colour, a, b):
    shadow(c, cat, 166, 262, 100)
    c.poly([(70, 122), (232, 92), (262, 226), (98, 258)], darker(colour, 0.3))
    c.rect(64, 118, 192, 132, colour, 10)
    c.rect(64, 150, 192, 18, a)
    ribbon(c, 206, 152, 0.62, a)
    MOTIFS["bud"](c, 106, 204, 26, CREAM, lighter(colour, 0.5))
    c.rect(146, 208, 84, 6, CREAM, 3)
    c.rect(146, 222, 52, 5, lighter(colour, 0.4), 2.5)


def d_calendar(c, cat, motif, colour, a, b):
    shadow(c, cat, 164, 264, 100)
    c.poly([(66, 118), (160, 52), (254, 118)], darker(colour, 0.24))
    c.rect(74, 116, 172, 146, colour)
    cols = ("#efe2c4", TERRACOTTA, "#7c9a4a", BRASS, "#efe2c4", "#2f5d55")
    k = 0
    for row in range(3):
        for col in range(4):
            x, y = 86 + 38 * col, 126 + 43 * row
            c.rect(x, y, 32, 36, cols[(k * 5 + row) % 6], 3)
            c.circle(x + 25, y + 18, 2.2, INK)
            k += 1
    star(c, 160, 92, 18, 8, BRASS, inner=0.5)


SHAPES = {k[2:]: v for k, v in list(globals().items()) if k.startswith("d_")}


# ---------------------------------------------------------------- logo, heroes, stand-in
def logo():
    """The mark: a sail that is also a leaf, on the wind. 160 px, shown at 44 to 56."""
    c = Canvas(160, 160, INK)
    leaf(c, 46, 118, 104, 58, -58, "#e8dcc0", vein=False)
    c.stroke([(46, 118), (92, 44)], 3.4, INK)
    for t, s in ((0.3, 15), (0.5, 18), (0.7, 14)):
        x, y = 46 + 50 * t, 118 - 80 * t
        c.stroke([(x, y), (x + s * 1.05, y - s * 0.16)], 2.6, INK)
    c.stroke(bezier((22, 134), (52, 112), (84, 150), (138, 124)), 6, TERRACOTTA)
    c.stroke(bezier((40, 147), (64, 134), (92, 156), (124, 143)), 4, mix(TERRACOTTA, INK, 0.35))
    c.save("logo", 32)


def hills(c, y, amp, freq, phase, colour, rows=None):
    pts = [(x, y + amp * math.sin(x / c.w * freq + phase)) for x in range(0, c.w + 8, 8)]
    c.poly(pts + [(c.w, c.h), (0, c.h)], colour)
    if rows:
        for k in range(1, 7):
            off = k * rows
            c.stroke([(px, py + off + k * k * 1.2) for px, py in pts], 2.4, darker(colour, 0.1))


def hero_spring():
    """Terraced slopes in the morning; the middle is calm because words go there."""
    c = Canvas(1200, 744, "#14342b")
    c.circle(886, 212, 82, "#d98a4e")
    c.circle(886, 212, 65, "#e8b27a")
    hills(c, 470, 40, 7.0, 0.6, "#1b4337")
    hills(c, 548, 32, 6.0, 2.9, "#245244", rows=14)
    hills(c, 640, 24, 5.2, 1.2, "#2f6650", rows=13)
    for x, y, s in ((330, 752, 0.95), (870, 754, 1.0), (80, 724, 1.45), (214, 746, 1.1), (1110, 720, 1.5), (980, 746, 1.15)):
        for a, col in ((-150, "#7c9a4a"), (-30, "#8dab58"), (-118, "#5f8442"), (-62, "#6c9049"), (-90, "#c9d39a")):
            leaf(c, x, y, 118 * s * (0.8 if a == -90 else 1), 46 * s, a, col)
    for x, y in ((250, 196), (282, 180), (312, 200), (690, 96), (718, 84)):
        c.arc(x - 8, y, 8, 6, 200, 350, 2.8, "#8fa89b")
        c.arc(x + 8, y, 8, 6, 190, 340, 2.8, "#8fa89b")
    c.save("hero-spring", 96)


def hero_cup():
    """A cup that waits, on a table under a lamp of paper."""
    c = Canvas(1200, 420, "#e7dfce")
    c.circle(600, 250, 210, "#efe9dc")
    c.rect(0, 328, 1200, 92, "#d6c8ae")
    c.rect(0, 328, 1200, 5, "#c7b696")
    for x0, w, h, col, mo, a in ((92, 92, 150, "#2f5d55", "wave", "#2f5d55"), (200, 84, 118, "#a5521f", "sun", "#b8862f")):
        c.ell(x0 + w / 2 + 6, 336, w * 0.66, 7, "#bfae8e")
        mini_tin(c, x0, 338 - h, w, h, col, mo, a, BRASS)
    c.ell(600, 346, 150, 14, "#bfae8e")
    c.ell(600, 340, 140, 16, "#f7f3ea")
    c.ell(600, 337, 108, 11, "#e4dccb")
    cup_shape(c, 600, 214, 196, 122, INK, "#b5652b")
    c.arc(702, 254, 36, 34, -85, 100, 14, INK)
    c.ell(600, 216, 86, 25, "#b5652b")
    c.ell(574, 212, 38, 9, "#c9803f")
    for dx in (-38, 0, 38):
        c.stroke(bezier((600 + dx, 172), (576 + dx, 142), (624 + dx, 112), (600 + dx, 70)), 8, "#fbf8f1")
    c.ell(1010, 340, 116, 9, "#bfae8e")
    c.arc(1078, 268, 38, 40, -100, 110, 13, "#9c3a10")
    c.poly([(930, 304)] + bezier((930, 304), (896, 284), (892, 240)) + [(872, 226), (880, 217), (908, 231)] + bezier((908, 231), (922, 254), (946, 262)), TERRACOTTA)
    c.ell(1002, 274, 78, 66, TERRACOTTA)
    c.ell(1002, 214, 40, 11, "#9c3a10")
    c.ell(1002, 209, 36, 10, "#d4663a")
    c.circle(1002, 194, 10, "#8a320d")
    c.arc(1002, 274, 58, 48, 195, 245, 6, "#d98a66")
    c.save("hero-cup", 80)


def hero_shelf():
    """The shelf of the shop: what others are drinking."""
    c = Canvas(1200, 420, "#1b4337")
    for x in range(0, 1200, 150):
        c.rect(x, 0, 2, 420, "#183d32")
    c.rect(0, 330, 1200, 24, WOOD)
    c.rect(0, 346, 1200, 8, darker(WOOD, 0.22))
    c.rect(0, 354, 1200, 66, "#14342b")
    row = (("#a5521f", "sun", 108, 190, BRASS), ("#e8dcc0", "bud", 92, 150, "#7c9a4a"), ("#5b7f4b", "leaf", 108, 210, "#5b7f4b"),
           ("#2f5d55", "wave", 96, 164, "#2f5d55"), ("#c1440e", "flower", 112, 198, "#c1440e"), ("#b8862f", "citrus", 92, 150, "#d9a23f"),
           ("#6b4a3a", "mountain", 108, 206, "#6b4a3a"), ("#93a86a", "needle", 96, 168, "#6c9049"), ("#7d3b4b", "berry", 104, 188, "#7d3b4b"))
    x = 34
    for col, mo, w, h, a in row:
        mini_tin(c, x, 330 - h, w, h, col, mo, a, "#93a86a" if mo in ("berry", "bud") else BRASS)
        c.rect(x + w * 0.24, 330 - h * 0.13, w * 0.5, 4, mix(col, CREAM, 0.6), 2)
        x += w + 27
    c.save("hero-shelf", 96)


def bunting(c, y, cols):
    """A string of flags from edge to edge, hanging a little."""
    pts = bezier((-20, y - 26), (340, y + 34), (860, y + 34), (1220, y - 26), n=60)
    for i in range(3, 58, 4):
        (x0, y0), (x1, y1) = pts[i], pts[i + 3]
        c.poly([(x0 + 6, y0), (x1 - 6, y1), ((x0 + x1) / 2, max(y0, y1) + 44)], cols[i // 4 % len(cols)])
    c.stroke(pts, 3, INK)


def hero_birthday():
    """A table laid for one who is a year older."""
    c = Canvas(1200, 420, "#f2ded1")
    c.circle(600, 250, 206, "#f8ebe2")
    c.rect(0, 328, 1200, 92, "#e3c3ae")
    c.rect(0, 328, 1200, 5, "#d3ab92")
    bunting(c, 16, (TERRACOTTA, "#2f5d55", BRASS, "#7c9a4a", CREAM))
    c.ell(600, 352, 120, 10, "#cda58b")  # the cake on its stand
    c.poly([(578, 300), (622, 300), (640, 350), (560, 350)], "#efe7da")
    c.ell(600, 350, 40, 6, "#dccfbc")
    c.ell(600, 300, 160, 15, "#fbf8f1")
    c.rect(486, 216, 228, 82, "#a5521f", 10)
    c.rect(486, 250, 228, 12, "#e8dcc0")
    c.rect(674, 216, 40, 82, "#8a4318", 10)
    c.rect(674, 250, 40, 12, "#d5c7a6")
    c.rect(478, 200, 244, 30, CREAM, 15)
    for x, h in ((494, 24), (530, 40), (566, 20), (602, 34), (638, 22), (676, 38), (700, 18)):
        c.rect(x - 12, 212, 24, h, CREAM, 12)
    for x in (548, 600, 652):
        leaf(c, x - 16, 198, 36, 14, -30, "#6c9049", vein=False)
    c.rect(594, 124, 12, 74, "#2f5d55", 3)
    c.rect(594, 142, 12, 8, CREAM)
    c.rect(594, 168, 12, 8, CREAM)
    c.poly(bezier((600, 78), (578, 106), (588, 122)) + bezier((600, 122), (624, 116), (600, 78)), "#e8b04a")
    c.ell(600, 112, 5, 9, "#fbf3d8")
    c.ell(212, 348, 118, 9, "#cda58b")  # the pot
    c.arc(142, 276, 38, 40, 70, 290, 13, "#1d3d36")
    c.poly([(282, 312)] + bezier((282, 312), (316, 292), (320, 248)) + [(340, 234), (332, 225), (304, 239)] + bezier((304, 239), (290, 262), (266, 270)), "#2f5d55")
    c.ell(212, 282, 78, 66, "#2f5d55")
    c.ell(212, 222, 40, 11, "#1d3d36")
    c.ell(212, 217, 36, 10, "#47786f")
    c.circle(212, 202, 10, "#1d3d36")
    c.arc(212, 282, 58, 48, 195, 245, 6, "#7fa79e")
    steam(c, 350, 196, 0.9, "#fbf8f1")
    c.ell(978, 348, 130, 9, "#cda58b")  # the parcel
    c.rect(884, 226, 176, 118, TERRACOTTA, 4)
    c.rect(1026, 226, 34, 118, "#9c3a10", 4)
    c.rect(874, 200, 196, 38, "#d4663a", 4)
    c.rect(874, 230, 196, 8, "#9c3a10")
    c.rect(956, 200, 30, 144, CREAM)
    ribbon(c, 971, 200, 1.0, CREAM)
    c.save("hero-birthday", 80)


def hero_parcel():
    """A parcel on the counter, tied and stamped, before it leaves."""
    c = Canvas(1200, 420, "#d9e4df")
    c.circle(600, 236, 206, "#e6eeea")
    c.rect(0, 336, 1200, 84, WOOD)
    c.rect(0, 336, 1200, 6, lighter(WOOD, 0.25))
    c.rect(0, 342, 1200, 4, darker(WOOD, 0.16))
    kraft, side = "#d1a871", "#b98e59"
    c.ell(606, 352, 218, 11, darker(WOOD, 0.3))
    c.rect(420, 190, 300, 158, kraft, 4)
    c.poly([(720, 194), (790, 170), (790, 322), (720, 348)], side)
    c.poly([(420, 192), (492, 164), (790, 166), (720, 194)], lighter(kraft, 0.25))
    c.rect(548, 190, 14, 158, INK)
    c.poly([(548, 191), (562, 191), (634, 165), (621, 165)], darker(INK, 0.1))
    c.rect(420, 262, 300, 12, INK)
    c.poly([(720, 263), (790, 238), (790, 250), (720, 275)], darker(INK, 0.4))
    ribbon(c, 590, 178, 0.72, INK)
    c.rect(446, 290, 82, 44, CREAM, 3)
    for y, w in ((300, 62), (311, 48), (322, 55)):
        c.rect(456, y, w, 4, "#b7b09f", 2)
    c.rect(640, 206, 54, 46, CREAM, 2)
    leaf(c, 650, 242, 36, 17, -42, "#5b7f4b")
    c.ring(636, 244, 21, 21, 2.6, TERRACOTTA)
    c.ring(636, 244, 14, 14, 1.8, TERRACOTTA)
    for x, h, w, col, mo, a in ((112, 176, 106, "#5b7f4b", "leaf", "#5b7f4b"), (232, 132, 90, "#a5521f", "sun", "#b8862f")):
        c.ell(x + w / 2 + 6, 350, w * 0.64, 7, darker(WOOD, 0.26))
        mini_tin(c, x, 350 - h, w, h, col, mo, a, BRASS)
        c.rect(x + w * 0.24, 350 - h * 0.13, w * 0.5, 4, mix(col, CREAM, 0.6), 2)
    c.ell(974, 352, 96, 8, darker(WOOD, 0.26))  # a ball of string, and a cup for whoever packs
    c.circle(924, 308, 44, "#b5652b")
    for k, r in enumerate((36, 27, 18)):
        c.arc(924, 308, 44, r, 200 + 8 * k, 345, 4, "#d08a55" if k % 2 else "#9a5020")
        c.arc(924, 308, r, 43, 20, 160, 4, "#d08a55")
    c.stroke(bezier((958, 334), (990, 356), (1012, 340), (1060, 350)), 4, "#b5652b")
    cup_shape(c, 1064, 258, 112, 92, CREAM, "#b5652b")
    c.arc(1122, 296, 22, 22, -85, 100, 9, "#e6dfd0")
    steam(c, 1064, 236, 0.9, "#ffffff")
    c.save("hero-parcel", 80)


def hero_welcome():
    """The shop in the evening, lit, the door ajar."""
    c = Canvas(1200, 520, "#1b3d34")
    c.rect(0, 452, 1200, 68, "#102a23")
    c.rect(0, 452, 1200, 5, "#0c211b")
    c.circle(1098, 84, 34, "#e8b27a")
    c.circle(1113, 75, 31, "#1b3d34")
    for x, y in ((96, 70), (172, 128), (1130, 168), (928, 44), (240, 52), (1094, 250), (70, 214)):
        star(c, x, y, 5, 4, "#8fa89b", inner=0.35)
    for x, w, h, col in ((-20, 170, 300, "#163329"), (1052, 190, 262, "#163329")):
        c.rect(x, 452 - h, w, h, col)
        c.rect(x + w * 0.3, 452 - h * 0.72, 30, 44, "#2b5145", 2)
        c.rect(x + w * 0.6, 452 - h * 0.72, 30, 44, "#d99a52" if x > 0 else "#2b5145", 2)
    c.rect(196, 96, 808, 356, "#2f5d55")  # the front
    c.rect(180, 80, 840, 24, "#264d46", 3)
    c.rect(240, 118, 720, 54, INK, 4)
    for i in range(9):
        MOTIFS["bud"](c, 320 + 70 * i, 147, 17, "#e8dcc0" if i == 4 else "#93a86a", CREAM)
    for x0, x1 in ((226, 562), (772, 974)):  # windows
        c.rect(x0, 238, x1 - x0, 170, "#f3d9a4", 3)
        c.rect(x0, 238, x1 - x0, 60, "#f8e5bd", 3)
        c.rect(x0, 318, x1 - x0, 6, WOOD)
        c.rect(x0 - 8, 404, x1 - x0 + 16, 14, "#264d46", 3)
    tins = (("#a5521f", "sun"), ("#5b7f4b", "leaf"), ("#2f5d55", "wave"), ("#b8862f", "citrus"), ("#7d3b4b", "berry"), ("#93a86a", "needle"), ("#c1440e", "flower"))
    for i in range(7):
        col, mo = tins[i]
        h = 56 - (i * 5) % 12
        mini_tin(c, 238 + 46 * i, 318 - h, 36, h, col, mo, col, BRASS)
    for i, (col, mo) in enumerate((tins[3], tins[6], tins[1], tins[0])):
        mini_tin(c, 786 + 46 * i, 264 + (i % 2) * 6, 36, 54 - (i % 2) * 6, col, mo, col, BRASS)
    c.ell(300, 376, 36, 28, TERRACOTTA)  # a pot and cups in the window
    c.poly([(330, 384), (358, 356), (352, 350), (326, 368)], TERRACOTTA)
    c.ell(300, 350, 18, 5, "#9c3a10")
    c.circle(300, 343, 5, "#9c3a10")
    for x in (396, 446, 496):
        cup_shape(c, x, 376, 38, 28, CREAM, "#b5652b")
    MOTIFS["flower"](c, 868, 372, 26, "#c1440e", BRASS)
    c.rect(852, 384, 32, 22, "#8f9e8e", 3)
    c.rect(602, 226, 132, 226, INK, 4)  # the door
    c.rect(616, 240, 104, 124, "#f3d9a4", 3)
    c.rect(664, 240, 6, 124, INK)
    c.rect(616, 300, 104, 6, INK)
    c.rect(616, 380, 104, 56, "#1d4238", 3)
    c.circle(722, 356, 6, BRASS)
    c.rect(640, 316, 56, 26, CREAM, 3)
    c.rect(650, 325, 36, 3, TERRACOTTA, 1)
    c.rect(656, 332, 24, 3, "#b7b09f", 1)
    c.poly([(616, 452), (720, 452), (790, 520), (560, 520)], "#3a5a3e")
    c.poly([(640, 452), (700, 452), (742, 520), (606, 520)], "#6f7a46")
    for i in range(18):  # the awning
        x = 206 + 44 * i
        col = TERRACOTTA if i % 2 else CREAM
        c.poly([(x, 178), (x + 44, 178), (x + 44, 220), (x, 220)], col)
        c.ell(x + 22, 220, 22, 14, col)
    c.rect(206, 172, 792, 8, "#264d46")
    for x in (214, 986):
        c.rect(x - 26, 424, 52, 34, "#8a4318", 4)
        for a, col in ((-150, "#5f8442"), (-30, "#6c9049"), (-120, "#7c9a4a"), (-60, "#8dab58"), (-90, "#a9bd72")):
            leaf(c, x, 430, 62, 24, a, col)
    c.save("hero-welcome", 96)


def missing():
    c = Canvas(320, 320, "#ebe7dd")
    c.circle(160, 150, 96, "#f4f1ea")
    MOTIFS["bud"](c, 160, 152, 58, "#cfd0bf", "#dcdccd")
    c.save("missing", 16)


def main(only):
    OUT.mkdir(exist_ok=True)
    for p in PRODUCTS:
        if only and only not in p["slug"]:
            continue
        c = scene(p["cats"][0] if p["cats"][0] != "gift-card" else "gifts")
        SHAPES[p["shape"]](c, p["cats"][0] if p["cats"][0] != "gift-card" else "gifts", p["motif"], p["colour"], p["a"], p["b"])
        c.save(p["slug"], 40)
    for name, f in (("logo", logo), ("hero-spring", hero_spring), ("hero-cup", hero_cup), ("hero-shelf", hero_shelf), ("hero-birthday", hero_birthday),
                    ("hero-parcel", hero_parcel), ("hero-welcome", hero_welcome), ("missing", missing)):
        if not only or only in name:
            f()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
