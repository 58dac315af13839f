"""Stationery, tableware and cloth."""

import math

from strokes import at_angle, mix, shade


def notebook(s, colour, foil="#e9e2d0", motif="waves", band=None, x=235, y=120, w=330, h=500, turn=-5):
    s.shadow(410, 640, 220, 26)
    s.group(f"rotate({turn} 400 400)")
    s.rect(x + 14, y + 12, w, h, shade(colour, -.45), 14)
    s.rect(x + 8, y + 8, w, h, "#f4efe2", 10)
    s.rect(x, y, w, h, s.slant(colour), 12)
    s.rect(x, y, 34, h, shade(colour, -.22), 12, .7)
    if motif == "waves":
        for i in range(13):
            yy, k = y + 90 + i * 27, 18 + (i * 37) % 50
            s.curve(f"M{x + 70 + k} {yy} q26 -13 52 0 t52 0 t{40 + (i * 53) % 60} 0", foil, 4.5, .85)
        s.circle(x + 235, y + 62, 26, foil, .9)
    if motif == "leaf":
        for i, yy in enumerate(range(y + 120, y + 400, 52)):
            for k in (-1, 1):
                s.path(f"M{x + 185} {yy + 40} q{k * 30} -50 {k * 84} -46 q{-k * 14} 50 {-k * 84} 46Z", foil, opacity=.85)
        s.line([(x + 185, y + 110), (x + 185, y + 430)], foil, 5)
    if motif == "plane":
        s.path(f"M{x + 70} {y + 250} L{x + 290} {y + 150} L{x + 220} {y + 330} L{x + 180} {y + 270}Z", foil)
        s.path(f"M{x + 290} {y + 150} L{x + 180} {y + 270} L{x + 186} {y + 340}Z", shade(foil, -.2))
        s.curve(f"M{x + 60} {y + 380} q60 -60 100 -20 t80 -10", foil, 4, .8)
    if motif == "seasons":
        for i, c in enumerate(("#f3b7bd", "#8fbf8a", "#e59b4f", "#dfe8f2")):
            s.rect(x + 60 + i % 2 * 125, y + 90 + i // 2 * 165, 112, 150, c, 18)
            s.circle(x + 116 + i % 2 * 125, y + 165 + i // 2 * 165, 34, shade(c, .35))
    if band:
        s.rect(x + w - 62, y, 20, h, band, 3)
        s.rect(x + 96, y + h - 12, 16, 62, shade(band, -.1), 2)
    s.end()


def memo_set(s, colour):
    s.shadow(400, 640, 230, 26)
    for i, (tone, turn) in enumerate(((-.3, -14), (0, -2), (.3, 10))):
        c = shade(colour, tone)
        s.group(f"rotate({turn} 400 620)")
        s.rect(246 + i * 60, 190, 200, 400, "#f6f1e4", 8)
        s.rect(240 + i * 60, 184, 200, 400, s.slant(c), 10)
        s.rect(280 + i * 60, 250, 120, 64, "#f6f1e4", 4)
        for k in range(3):
            s.line([(296 + i * 60, 266 + k * 16), (384 + i * 60, 266 + k * 16)], shade(c, -.1), 3)
        s.end()


def letters(s, colour):
    s.shadow(400, 630, 250, 26)
    for i in range(3):
        s.rect(230 + i * 8, 130 + i * 12, 300, 380, mix("#fdf8ec", colour, .05 * i), 3, turn=-7 + i * 5)
    for i in range(7):
        s.line([(290, 205 + i * 34), (470 - (i * 41) % 80, 205 + i * 34)], shade(colour, .1), 3, .35)
    for i in range(2):
        x, y = 300 + i * 36, 380 + i * 50
        s.group(f"rotate({4 + i * 5} {x} {y})")
        s.rect(x, y, 290, 190, s.slant(mix("#f4e9d2", colour, .16 * i)), 5)
        s.path(f"M{x} {y} L{x + 145} {y + 108} L{x + 290} {y}Z", shade(mix("#f4e9d2", colour, .16 * i), -.07))
        s.circle(x + 145, y + 104, 22, s.ball("#b3402f"))
        s.end()


def sticky(s, colour):
    s.shadow(400, 620, 220, 26)
    for i in range(6):
        s.rect(228 + i * 3, 236 - i * 9, 340, 340, s.slant(shade(colour, .05 * i)), 6, turn=-3 + i * .6)
    s.path("M246 190 l14 -74 l66 46 q76 -22 146 0 l66 -46 l14 74 q22 120 -40 190 q-100 80 -226 0 q-62 -70 -40 -190Z", s.slant("#5b4b44"))
    s.path("M538 116 l14 74 l-40 -20Z", "#e7a6a0")
    for x in (330, 470):
        s.ellipse(x, 245, 20, 26, "#f2cf63")
        s.ellipse(x, 247, 7, 22, "#2b211d")
    s.path("M386 300 h28 l-14 16Z", "#e7a6a0")
    s.curve("M400 316 q-18 26 -40 12 M400 316 q18 26 40 12", "#e9ddd3", 5)
    for k in (-1, 1):
        for d in (-12, 8):
            s.line([(400 + k * 60, 310), (400 + k * 150, 302 + d)], "#e9ddd3", 4)


def tape(s, colour):
    s.shadow(400, 610, 220, 30)
    s.path("M560 560 q90 30 150 -6 l14 54 q-90 48 -190 6Z", s.slant(colour))
    s.circle(400, 390, 220, s.slant(shade(colour, -.12)))
    s.circle(388, 384, 214, s.slant(colour))
    for a in range(0, 360, 9):
        s.line([at_angle(388, 384, 128, a), at_angle(388, 384, 208, a + 7)], "#fff7e6", 3, .5)
    s.circle(388, 384, 118, "#d9c4a0")
    s.circle(394, 390, 106, shade(s.ground, -.12))
    s.ellipse(392, 392, 102, 102, shade(s.ground, .3))


def pen(s, colour, trim="#d7b56d", kind="fountain", y=400, turn=-32):
    s.shadow(400, 600, 260, 22)
    s.group(f"rotate({turn} 400 400)")
    body = s.down(shade(colour, .38), shade(colour, -.35))
    if kind == "fountain":
        s.rect(60, 366, 400, 68, body, 34)
        s.rect(430, 372, 120, 56, s.down(shade(colour, .1), shade(colour, -.6)), 16)
        s.path("M548 376 q70 4 150 24 q-80 20 -150 24Z", s.down(shade(trim, .45), shade(trim, -.3)))
        s.line([(590, 400), (694, 400)], shade(trim, -.5), 3)
        s.circle(604, 400, 6, shade(trim, -.6))
        s.rect(424, 362, 14, 76, trim, 3)
        s.rect(96, 352, 170, 14, s.down(shade(trim, .4), shade(trim, -.2)), 7)
        s.rect(84, 352, 16, 26, trim, 6)
    else:
        s.rect(90, 376, 420, 48, body, 14)
        s.rect(480, 380, 110, 40, "#4a4a4a", 8)
        for i in range(5):
            s.rect(492 + i * 18, 380, 5, 40, "#6f6f6f")
        s.path("M588 382 l70 14 v8 l-70 14Z", "#c6c9cc")
        s.line([(656, 400), (684, 400)], "#8d9196", 5)
        s.rect(130, 362, 150, 12, "#c6c9cc", 6)
        s.rect(70, 384, 26, 32, "#c6c9cc", 6)
    s.end()


def ink(s, colour):
    s.shadow(400, 640, 220)
    s.rect(230, 300, 340, 330, s.across(mix(colour, "#ffffff", .12), .3), 34)
    s.rect(256, 390, 288, 214, s.down(shade(colour, -.1), shade(colour, -.5)), 22)
    s.rect(280, 420, 240, 130, "#f3ead8", 8)
    s.circle(400, 470, 30, colour)
    s.circle(414, 460, 26, "#f3ead8")
    for x, y in ((340, 450), (452, 500), (350, 515), (470, 445)):
        s.circle(x, y, 4, colour)
    s.rect(320, 230, 160, 80, s.across("#2c2c33"), 10)
    for i in range(9):
        s.line([(332 + i * 17, 238), (332 + i * 17, 302)], "#55555e", 3)
    s.rect(252, 320, 26, 270, "#ffffff", 13, .35)


def pencils(s, colours, kind="pencil"):
    s.shadow(400, 640, 250, 24)
    n = len(colours)
    for i, c in enumerate(colours):
        a = (i - (n - 1) / 2) * (46 / max(n - 1, 4))
        w = 34 if n > 6 else 48
        s.group(f"rotate({a:.1f} 400 900) translate({(i - (n - 1) / 2) * 6:.1f} 0)")
        x = 400 - w / 2
        if kind == "pencil":
            s.rect(x, 270, w, 370, s.across(c, .28), 3)
            s.path(f"M{x} 272 L400 {150 if n > 6 else 140} L{x + w} 272Z", "#e8c998")
            s.path(f"M{400 - w * .16:.0f} {188 if n > 6 else 182} L400 {150 if n > 6 else 140} L{400 + w * .16:.0f} {188 if n > 6 else 182}Z", shade(c, -.15) if n > 6 else "#3a3a3a")
        else:
            s.rect(x - 6, 240, w + 12, 330, s.across("#fbfaf6", .12), 12)
            s.rect(x - 6, 380, w + 12, 60, c)
            s.rect(x - 2, 170, w + 4, 84, s.across(c, .25), 8)
            s.path(f"M{x + 8} 174 v-40 l{w - 16} -18 v58Z", shade(c, .25))
            s.rect(x - 2, 562, w + 4, 70, s.across(c, .25), 8)
        s.end()


def pen_tray(s, wood):
    s.shadow(400, 560, 310, 34)
    s.path("M110 330 L690 330 L730 540 L70 540Z", s.slant(wood))
    s.path("M150 352 L650 352 L676 500 L124 500Z", s.down(shade(wood, -.4), shade(wood, -.15)))
    for i in range(6):
        s.curve(f"M90 {520 - i * 4} q200 {-14 + i * 5} 620 {i % 2 * 8}", shade(wood, -.3), 2, .35)
    for i, (c, y) in enumerate((("#b3402f", 392), ("#33475b", 428), ("#caa45c", 462))):
        s.rect(190 + i * 14, y, 400 - i * 30, 20, s.down(shade(c, .3), shade(c, -.3)), 10)
    s.path("M70 540 h660 v22 q-330 30 -660 0Z", shade(wood, -.3))


def bookend(s, iron):
    s.shadow(400, 620, 290, 26)
    for i, (c, h, w) in enumerate((("#b9543f", 330, 62), ("#e0b65b", 380, 50), ("#3f5b6b", 350, 76), ("#7d8f62", 300, 46), ("#e8ddc9", 372, 58))):
        x = 160 + (0, 64, 116, 194, 242)[i]
        s.rect(x, 610 - h, w, h, s.across(c, .2), 4)
        s.rect(x, 610 - h + 40, w, 10, shade(c, .4), 0, .7)
        s.rect(x, 610 - 60, w, 10, shade(c, .4), 0, .7)
    s.path("M470 610 V300 q0 -120 110 -120 q110 0 110 120 V610Z", s.slant(iron))
    s.path("M512 610 V320 q0 -80 68 -80 q68 0 68 80 V610Z", shade(s.ground, -.02))
    s.rect(440, 596, 270, 20, shade(iron, -.25), 4)


def calendar(s, colour):
    s.shadow(400, 630, 220, 26)
    s.path("M200 620 L250 200 h300 L600 620Z", shade(colour, -.3))
    s.rect(236, 170, 328, 430, "#fdfaf2", 8)
    s.rect(236, 170, 328, 96, s.slant(colour), 8)
    for i in range(8):
        s.circle(268 + i * 38, 176, 9, "#3b3b3b")
        s.curve(f"M{268 + i * 38} 178 v-34", "#b9bcc0", 7)
    s.path("M330 330 h60 v200 h-36 v-164 h-24Z", "#2f2a26")
    s.path("M430 330 h110 v36 q-60 60 -60 164 h-38 q0 -100 56 -164 h-68Z", "#2f2a26")
    s.path("M564 600 l-70 0 q54 -8 70 -64Z", "#e4dccb")


def clips(s, colour):
    s.shadow(400, 600, 250, 26)
    spots = ((250, 250, 20), (470, 210, -15), (360, 380, 8), (560, 370, 30), (220, 470, -28), (460, 520, 12))
    for i, (x, y, turn) in enumerate(spots):
        c = (colour, "#c9a35a", "#8ba0ab")[i % 3]
        s.group(f"translate({x} {y}) rotate({turn})")
        s.curve("M-70 0 q60 -62 120 0 q-60 62 -120 0Z M50 0 l36 -30 v60Z", shade(c, -.3), 14)
        s.curve("M-70 -2 q60 -62 120 0 q-60 62 -120 0Z M50 -2 l36 -30 v60Z", c, 9)
        s.curve("M-34 0 q34 -30 62 0 q-30 28 -62 0", c, 7)
        s.circle(-38, -6, 5, shade(c, -.4))
        s.end()


def mat(s, colour, edge="#caa574", props=True):
    s.shadow(400, 590, 330, 24)
    s.path("M110 250 L690 250 L770 580 L30 580Z", s.slant(colour))
    s.path("M128 262 L672 262 L744 568 L56 568Z", "none", edge, 3, .8, ' stroke-dasharray="12 9"')
    s.path("M30 580 h740 v10 q-370 18 -740 0Z", shade(colour, -.3))
    if props:
        s.path("M420 330 L620 330 L650 470 L430 470Z", "#fdfaf2")
        s.path("M520 330 L620 330 L650 470 L540 470Z", "#f2ecdd")
        for i in range(5):
            s.line([(440 - i, 352 + i * 22), (512 + i * 3, 352 + i * 22)], "#c9c0ad", 3)
        s.ellipse(240, 440, 76, 40, s.ball("#efe7d8"))
        s.ellipse(240, 430, 56, 26, "#6b4630")


def scissors(s, iron):
    s.shadow(400, 600, 230, 24)
    s.group("rotate(-24 400 400)")
    for k in (1, -1):
        s.group(f"translate(400 400) scale({k} 1) rotate(14)")
        s.path("M-16 0 L6 -320 q20 120 22 320Z", s.across(shade(iron, .35), .35))
        s.curve("M2 20 C30 80 70 110 70 170 a58 58 0 1 1 -116 0 C-46 110 -6 90 2 20Z", shade(iron, -.1), 26)
        s.end()
    s.circle(400, 400, 17, "#d7b56d")
    s.end()


def stamp_kit(s, colour):
    s.shadow(400, 630, 280, 28)
    s.path("M150 420 L610 420 L650 610 L110 610Z", s.slant("#d9b98a"))
    s.path("M176 436 L586 436 L616 588 L144 588Z", "#f3e8d3")
    s.rect(200, 455, 150, 110, s.slant("#c5574a"), 6)
    s.path("M235 545 v-50 q40 -46 80 0 v50Z", "#f8e6dc")
    for i in range(3):
        s.rect(390 + i * 56, 452, 18, 70, s.across("#a8794a"), 8)
        s.path(f"M{390 + i * 56} 520 h18 l-4 40 l-10 8Z", "#b9bfc4")
    s.turned([(150, 36), (190, 46), (260, 24), (300, 50), (330, 90), (400, 92)], "#a06c3d", 400)
    s.rect(306, 392, 188, 26, s.across(colour), 4)


def tickets(s, colours):
    s.shadow(400, 610, 260, 24)
    for i, c in enumerate(colours):
        s.group(f"rotate({-30 + i * 12} 400 720)")
        s.path("M346 180 h108 v150 a16 16 0 0 0 0 32 v190 h-108 v-190 a16 16 0 0 0 0 -32Z", s.slant(c))
        s.line([(354, 346), (446, 346)], "#ffffff", 3, .7)
        s.rect(366, 205, 68, 12, "#ffffff", 5, .85)
        s.rect(366, 230, 44, 9, "#ffffff", 4, .6)
        s.circle(400, 290, 24, "#ffffff", .8)
        for k in range(7):
            s.rect(366 + k * 10, 460, 4 + k % 3 * 2, 60, shade(c, -.55))
        s.end()


# --- tableware ---

def mug(s, colour, handle=True, cx=385, y=250, w=150, h=330, foam="#4d2f1f", steel=False, steam=True):
    s.shadow(cx + 15, y + h + 20, w * 1.35)
    if handle:
        s.curve(f"M{cx + w - 12} {y + 70} C{cx + w + 130} {y + 50} {cx + w + 130} {y + h - 60} {cx + w - 20} {y + h - 80}", shade(colour, -.32), 40)
        s.curve(f"M{cx + w - 12} {y + 66} C{cx + w + 122} {y + 46} {cx + w + 122} {y + h - 66} {cx + w - 20} {y + h - 86}", shade(colour, -.02), 26)
    s.turned([(y, w), (y + h * .6, w * .98), (y + h, w * .82)], colour, cx, .5 if steel else .22)
    if not steel:
        s.path(f"M{cx - w} {y + h * .62} q{w} 60 {2 * w} 0 l-4 24 q-{w - 4} 60 -{2 * w - 8} 0Z", shade(colour, -.18), opacity=.35)
    s.mouth(y, w, colour, cx, foam)
    if steam:
        for k in (-46, 10, 60):
            s.curve(f"M{cx + k} {y - 40} q-26 -40 0 -76 t0 -70", "#ffffff", 10, .5)


def glass(s, tint, cx=400, y=230, w=120, h=360, liquid=None, ripple=False):
    s.shadow(cx + 10, y + h + 16, w * 1.2)
    s.turned([(y, w), (y + h * .5, w * .96), (y + h, w * .74)], tint, cx, .2, mix(tint, "#ffffff", .45))
    if liquid:
        s.turned([(y + h * .22, w * .86), (y + h * .6, w * .82), (y + h - 26, w * .62)], liquid, cx, .25)
        s.ellipse(cx, y + h * .22, w * .86, w * .13, shade(liquid, .3))
    if ripple:
        for i in range(6):
            yy = y + 46 + i * (h - 60) / 6
            r = w * (1 - .22 * (i + .6) / 6)
            s.curve(f"M{cx - r:.0f} {yy:.0f} q{r:.0f} {r * .3:.0f} {2 * r:.0f} 0", "#ffffff", 7, .6)
    s.ellipse(cx, y, w, w * .15, "#ffffff", .35, "#ffffff", 5)
    s.rect(cx - w * .78, y + 30, 14, h * .72, "#ffffff", 7, .6)
    s.rect(cx + w * .62, y + 40, 8, h * .6, "#ffffff", 4, .4)


def teapot(s, colour, cups=2, cx=350, scale=1.0):
    s.shadow(cx + 40, 620, 300, 30)
    s.group(f"translate({cx} 440) scale({scale})")
    s.curve("M-150 -80 C-290 -110 -270 110 -130 90", shade(colour, -.2), 30)
    s.path("M150 30 C220 20 230 -90 290 -110 l18 26 C270 -60 270 80 150 110Z", s.across(colour, .2))
    s.turned([(-120, 84), (-60, 150), (50, 178), (150, 112), (160, 100)], colour, 0)
    s.turned([(-150, 30), (-135, 76), (-112, 92)], shade(colour, .06), 0)
    s.ellipse(0, -164, 24, 20, s.ball(shade(colour, -.15)))
    s.end()
    for i in range(cups):
        bowl(s, colour, 560 + i * 110, 530 + (i % 2) * 14, 62, 70, shadow=True, inner="#c9a968")


def bowl(s, colour, cx=400, y=330, r=220, h=230, inner=None, shadow=True, motif=None, foot=.42, depth=.3):
    if shadow:
        s.shadow(cx + 6, y + h + 12, r * .9)
    s.turned([(y, r), (y + h * .45, r * .9), (y + h * .88, r * .5), (y + h, r * foot)], colour, cx, depth)
    if motif:
        for i in range(7):
            x = cx - r * .7 + i * r * .233
            yy = y + h * .36 + abs(i - 3) * -6 + 14
            for a in range(0, 360, 72):
                px, py = at_angle(x, yy, r * .05, a)
                s.circle(px, py, r * .035, motif)
            s.circle(x, yy, r * .028, "#f0c85a")
    s.mouth(y, r, colour, cx, inner)


def plate(s, colour, r=250, ring=None, cx=400, cy=430, flat=.62):
    s.shadow(cx, cy + r * flat * .9, r * 1.02, r * .2)
    s.ellipse(cx, cy + 12, r, r * flat, shade(colour, -.28))
    s.ellipse(cx, cy, r, r * flat, s.slant(colour, .2))
    if ring:
        s.ellipse(cx, cy, r * .93, r * .93 * flat, "none", 1, ring, r * .035)
    s.ellipse(cx, cy + 3, r * .7, r * .7 * flat, s.slant(shade(colour, -.05), .12))
    s.ellipse(cx - r * .3, cy - r * .3 * flat, r * .22, r * .1 * flat, "#ffffff", .5, turn=-18)


def jug(s, colour, edge="#33475b"):
    s.shadow(400, 630, 220)
    s.curve("M500 300 C640 280 640 500 520 530", edge, 26)
    s.turned([(210, 96), (280, 104), (420, 160), (560, 166), (620, 140)], colour, 390)
    s.path("M300 214 q-34 -34 -62 -30 q10 46 70 66Z", s.slant(colour))
    s.mouth(210, 96, colour, 390)
    s.ellipse(390, 210, 96, 15, "none", 1, edge, 9)
    s.path("M254 620 q136 46 274 0", "none", edge, 9)


def spoon_set(s, colour, trim):
    s.shadow(400, 600, 230, 24)
    s.group("rotate(18 400 400)")
    s.rect(316, 300, 22, 330, s.across(colour), 11)
    s.rect(316, 560, 22, 70, trim, 9)
    s.ellipse(327, 230, 56, 84, s.ball(colour))
    s.ellipse(322, 224, 38, 62, s.ball(shade(colour, -.25)))
    for x in (430, 476):
        s.path(f"M{x} 150 h14 l5 480 h-24Z", s.across(colour))
        s.path(f"M{x - 4} 560 h22 l2 70 h-26Z", trim)
    s.end()


def cutlery(s, metal):
    s.shadow(400, 640, 250, 22)
    steel = lambda: s.across(metal, .45)
    s.path("M226 140 q30 -10 40 20 v230 h-40Z", steel())
    s.rect(232, 386, 28, 250, steel(), 14)
    s.rect(352, 330, 26, 306, steel(), 13)
    s.path("M326 140 v110 q0 60 39 60 q39 0 39 -60 v-110 h-14 v104 h-17 v-104 h-16 v104 h-17 v-104Z", steel())
    s.rect(470, 330, 26, 306, steel(), 13)
    s.ellipse(483, 230, 48, 90, s.ball(metal))
    s.rect(584, 360, 20, 276, steel(), 10)
    s.ellipse(594, 300, 32, 62, s.ball(metal))


def board(s, wood):
    s.shadow(400, 610, 250, 28)
    s.group("rotate(-8 400 400)")
    s.path("M250 260 q0 -40 40 -40 h70 v-110 q40 -34 80 0 v110 h70 q40 0 40 40 v300 q0 40 -40 40 h-220 q-40 0 -40 -40Z", s.slant(wood))
    for i in range(7):
        s.curve(f"M{272 + i * 38} 236 q{14 - i * 4} 180 {i % 3 * 6 - 4} 350", shade(wood, -.2), 4, .4)
    s.circle(400, 130, 17, shade(s.ground, -.1))
    s.path("M300 470 l150 -70 l18 74 l-150 46Z", s.slant("#f2cd6b"))
    for x, y, r in ((350, 478, 10), (400, 452, 14), (436, 470, 8)):
        s.circle(x, y, r, "#d9a93f")
    s.end()


def egg_cups(s, colour):
    for i, cx in enumerate((290, 520)):
        s.shadow(cx, 610, 100)
        s.ellipse(cx, 330, 72, 96, s.ball("#f0d9bf" if i else "#f7efe2"))
        s.turned([(350, 86), (430, 76), (500, 30), (560, 34), (600, 78)], colour if i else shade(colour, .3), cx)
        s.path(f"M{cx - 86} 350 q86 30 172 0 l-3 20 q-84 28 -166 0Z", shade(colour, -.2), opacity=.4)


def crock(s, colour, lid=True, motif=True, speaker=False):
    s.shadow(400, 640, 240)
    s.turned([(250, 128), (300, 170), (420, 218), (540, 190), (630, 130)], colour)
    s.path("M196 380 q204 66 408 0", "none", shade(colour, .35), 7, .6)
    if motif:
        s.curve("M250 460 q60 -60 110 0 t110 0 t90 -10", shade(colour, .45), 9, .75)
    if speaker:
        s.circle(400, 450, 104, shade(colour, -.5))
        s.circle(400, 450, 92, s.ball("#3b3230"))
        for ring in range(1, 6):
            for a in range(0, 360, 60 // ring):
                x, y = at_angle(400, 450, ring * 16, a)
                s.circle(x, y, 3.6, "#8a7666")
    if lid:
        s.turned([(196, 60), (216, 130), (252, 150)], shade(colour, -.1))
        s.ellipse(400, 190, 36, 24, s.ball(shade(colour, -.05)))
    else:
        s.mouth(250, 128, colour)


def dripper(s, colour):
    s.shadow(400, 650, 200)
    s.turned([(430, 70), (470, 130), (560, 168), (640, 140)], "#dfeaee", 400, .2, "#e6f0f3")
    s.turned([(540, 158), (580, 164), (632, 136)], "#5b3622", 400)
    s.curve("M556 480 C650 470 640 610 546 610", "#cfdde2", 18)
    s.turned([(230, 170), (330, 110), (400, 56), (424, 50)], colour, 400)
    s.rect(300, 404, 200, 24, s.across(colour), 12)
    s.curve("M548 270 C630 270 610 370 500 360", shade(colour, -.1), 20)
    s.mouth(230, 170, colour, 400, "#4d2f1f")


def table_set(s, colours):
    s.shadow(400, 630, 290, 34)
    for i in range(4):
        c = colours[i % len(colours)]
        y = 590 - i * 26
        s.ellipse(300, y + 8, 210, 60, shade(c, -.3))
        s.ellipse(300, y, 210, 58, s.slant(c, .2))
    s.ellipse(300, 510, 140, 36, shade(colours[3 % len(colours)], -.08))
    for i in range(4):
        c = colours[(i + 1) % len(colours)]
        bowl(s, c, 560, 470 - i * 44, 120, 120, shadow=False)


# --- cloth ---

def folded(s, colours, motif=None, w=420, fringe=False, tilt=0):
    n = len(colours)
    h = min(110, 380 // n)
    top = 600 - n * h
    s.shadow(400, 620, w * .62, 30)
    for i, c in enumerate(colours):
        y = top + i * h
        x = 400 - w / 2 + (i % 2) * 8
        s.path(f"M{x + 30} {y} H{x + w} q14 {h / 2} 0 {h - 4} H{x + 30} q-52 {-h / 2 + 2} 0 {-h + 4}Z", s.down(shade(c, .18), shade(c, -.16)))
        s.curve(f"M{x + 24} {y + h * .5} H{x + w - 4}", shade(c, -.26), 4, .6)
        s.curve(f"M{x + 10} {y + h * .5} q10 -{h * .3} 30 -{h * .36}", shade(c, -.2), 4, .5)
        if motif == "stripe":
            for k in range(4):
                s.rect(x + 90 + k * 80, y + 3, 16, h - 8, shade(c, -.35), 0, .55)
        if motif == "waffle":
            for yy in range(int(y) + 12, int(y + h) - 10, 16):
                s.line([(x + 26, yy), (x + w - 6, yy)], shade(c, -.14), 3, .6)
            for k in range(int(x) + 40, int(x + w), 18):
                s.line([(k, y + 5), (k, y + h - 8)], shade(c, -.14), 3, .45)
        if motif == "dots":
            for k in range(8):
                s.circle(x + 60 + k * (w - 80) / 8, y + h * .26 + (k % 2) * h * .42, 6, shade(c, .55), .9)
        if fringe:
            for k in range(18):
                s.line([(x + w - 2, y + 6 + k * (h - 12) / 18), (x + w + 34, y + 8 + k * (h - 12) / 18)], shade(c, .1), 4)


def pillow(s, colour, motif=None, count=1, edge=None):
    for i in range(count):
        dy = 0 if count == 1 else -90 + i * 150
        c = shade(colour, .12 * i)
        s.shadow(400, 590 + dy, 270, 30)
        s.path(f"M160 {260 + dy} Q400 {200 + dy} 640 {260 + dy} Q690 {400 + dy} 640 {560 + dy} Q400 {610 + dy} 160 {560 + dy} Q110 {400 + dy} 160 {260 + dy}Z", s.slant(c, .2))
        s.curve(f"M176 {276 + dy} Q230 {330 + dy} 250 {380 + dy} M624 {276 + dy} Q570 {330 + dy} 550 {370 + dy} M180 {540 + dy} Q240 {500 + dy} 260 {470 + dy}", shade(c, -.2), 5, .5)
        if edge:
            s.path(f"M160 {260 + dy} Q400 {200 + dy} 640 {260 + dy} Q690 {400 + dy} 640 {560 + dy} Q400 {610 + dy} 160 {560 + dy} Q110 {400 + dy} 160 {260 + dy}Z", "none", edge, 8)
        if motif == "patch":
            tones = ("#c8663d", "#e2a44b", "#8a9a5b", "#b9442f", "#e8cf9a", "#6f4f3a", "#d98f5f", "#a9b27a", "#efe0bd")
            k = 0
            for yy in range(3):
                for xx in range(4):
                    s.path(f"M{205 + xx * 98} {285 + yy * 84} l92 {-6 + xx * 3} l4 80 l-92 {4 - xx * 2}Z", tones[k % 9], "#f6ead0", 3)
                    k += 1


def round_cushion(s, colour):
    s.shadow(400, 590, 280, 36)
    s.ellipse(400, 480, 280, 120, s.down(shade(colour, .05), shade(colour, -.35)))
    s.ellipse(400, 430, 278, 116, s.slant(colour, .2))
    for a in range(0, 360, 24):
        x, y = at_angle(0, 0, 1, a)
        s.curve(f"M400 428 Q{400 + x * 130:.0f} {420 + y * 46:.0f} {400 + x * 270:.0f} {430 + y * 112:.0f}", shade(colour, -.2), 4, .55)
    s.ellipse(400, 426, 24, 13, shade(colour, -.25))


def hanging(s, colours, stripe=None, waffle=False):
    s.rect(90, 150, 620, 16, s.down("#d9b98a", "#9c7446"), 8)
    n = len(colours)
    w = 420 if n == 1 else 230
    for i, c in enumerate(colours):
        x = 400 - (n * w + (n - 1) * 40) / 2 + i * (w + 40)
        s.path(f"M{x} 146 h{w} v420 q-{w / 4} 22 -{w / 2} 4 t-{w / 2} 0Z", s.across(c, .16))
        for k in range(3):
            s.curve(f"M{x + w * (.2 + k * .3):.0f} 170 q{10 - k * 8} 200 0 390", shade(c, -.16), 6, .45)
        if stripe:
            for k, t in enumerate((430, 462, 486)):
                s.rect(x, t, w, (18, 10, 26)[k], stripe[k % len(stripe)], 0, .9)
        if waffle:
            for yy in range(176, 550, 20):
                s.line([(x + 6, yy), (x + w - 6, yy)], shade(c, -.13), 3, .5)
            for xx in range(int(x) + 14, int(x + w), 20):
                s.line([(xx, 172), (xx, 556)], shade(c, -.13), 3, .4)


def apron(s, colour):
    s.curve("M330 180 C300 70 500 70 470 180", shade(colour, -.3), 12)
    s.path("M330 176 h140 q10 110 110 140 l16 330 q-196 30 -392 0 l16 -330 q100 -30 110 -140Z", s.slant(colour, .18))
    s.path("M290 430 h220 v110 q-110 30 -220 0Z", shade(colour, -.14))
    s.line([(400, 430), (400, 556)], shade(colour, -.35), 4)
    s.curve("M222 340 q-70 10 -110 60 M578 340 q70 10 110 60", shade(colour, -.3), 10)
    s.line([(296, 436), (504, 436)], "#f3e2c4", 4, .8)


def runner(s, colour, motif):
    s.shadow(400, 610, 220, 24)
    s.path("M300 140 L500 140 L600 600 L200 600Z", s.slant(colour, .16))
    for i in range(6):
        y = 190 + i * 72
        w = 100 + i * 17
        for k in (-.55, 0, .55):
            x = 400 + k * w
            for a in range(0, 360, 72):
                px, py = at_angle(x, y, 6 + i * 1.7, a)
                s.circle(px, py, 4 + i * 1.1, motif)
            s.circle(x, y, 3 + i, "#f0d27a")
    for k in range(26):
        s.line([(202 + k * 15.8, 600), (198 + k * 16.2, 634)], shade(colour, -.1), 4)


def mitt(s, colour):
    s.shadow(400, 640, 180)
    s.path("M290 620 V330 q0 -180 120 -180 q110 0 112 170 l2 10 q70 -60 96 -10 q10 40 -90 140 V620Z", s.slant(colour, .2))
    for i in range(-4, 9):
        s.line([(292, 330 + i * 46), (520, 250 + i * 46)], shade(colour, .4), 3, .4)
        s.line([(292, 250 + i * 46), (520, 330 + i * 46)], shade(colour, .4), 3, .4)
    s.rect(276, 580, 262, 60, s.across("#f0e3cb", .15), 12)
    s.curve("M520 600 q60 0 50 50 q-30 20 -40 -30", "#f0e3cb", 9)


def curtain(s, colour):
    s.rect(70, 120, 660, 14, s.down("#c9a574", "#8a673c"), 7)
    for side in (0, 1):
        x = 110 + side * 300
        s.path(f"M{x} 126 h280 v470 q-35 20 -70 4 t-70 0 t-70 0 t-70 -2Z", s.across(colour, .1), opacity=.92)
        for k in range(6):
            s.curve(f"M{x + 24 + k * 46} 134 q{8 - k * 3} 230 {4 - k} 462", shade(colour, -.12), 7, .55)
    s.path("M90 620 L330 520 L470 520 L710 620Z", "#fff6d8", opacity=.5)


def rug(s, colours):
    s.shadow(400, 600, 330, 22)
    s.path("M170 250 L630 250 L740 590 L60 590Z", s.slant(colours[0], .12))
    k = 0
    for row in range(6):
        y, half = 282 + row * 52, 205 + row * 17
        for i in range(7):
            x = 400 + (i - 3) * half * .3 + (row % 2) * 16 - 8
            s.ellipse(x, y, half * (.1 + (k * 7 % 5) * .008), 15 + row * 1.2, s.slant(colours[1 + k % (len(colours) - 1)]))
            k += 1


def bundle(s, colour, knot):
    s.shadow(400, 640, 240)
    s.path("M190 610 Q150 420 300 350 H500 Q650 420 610 610 Q400 660 190 610Z", s.slant(colour, .2))
    s.path("M300 352 Q400 470 610 500 Q600 400 500 350Z", shade(knot, -.05), opacity=.95)
    s.path("M500 352 Q400 470 190 500 Q200 400 300 350Z", shade(knot, .1), opacity=.9)
    s.path("M380 350 Q240 180 190 230 Q180 310 380 370Z", s.slant(knot, .2))
    s.path("M420 350 Q560 160 620 220 Q620 310 420 370Z", s.slant(shade(knot, .06), .2))
    s.ellipse(400, 356, 46, 38, s.ball(knot))


def bed(s, colour):
    s.shadow(400, 620, 320, 22)
    s.rect(90, 170, 620, 260, s.down("#caa57a", "#a27a4f"), 20)
    s.rect(110, 400, 580, 190, "#e9dfce", 14)
    for x in (150, 420):
        s.path(f"M{x} 320 q115 -30 230 0 q20 60 0 110 q-115 24 -230 0 q-20 -50 0 -110Z", s.slant(shade(colour, .2), .12))
    s.path("M96 430 q304 -40 608 0 l14 170 q-318 24 -636 0Z", s.slant(colour, .14))
    s.path("M96 430 q304 -40 608 0 l4 50 q-308 -36 -616 0Z", shade(colour, .3))
    for k in range(5):
        s.curve(f"M{180 + k * 110} 480 q{-20 + k * 10} 60 {-10 + k * 6} 118", shade(colour, -.12), 5, .5)


def bath_mat(s, colour):
    s.shadow(400, 590, 310, 22)
    outline = "M150 300 q250 -24 500 0 q60 140 80 270 q-330 40 -660 0 q20 -130 80 -270Z"
    s.path(outline, s.slant(colour, .14))
    s.within(outline)
    for row in range(8):
        for k in range(17):
            w = 240 + row * 38
            s.ellipse(400 - w + k * w / 8, 316 + row * 34, 16, 11, shade(colour, .12 if (row + k) % 2 else -.06))
    s.end()
