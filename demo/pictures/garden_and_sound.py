"""Pots, tools, seeds, loudspeakers and headphones."""

from lights_and_food import emblem, leaf
from strokes import at_angle, mix, shade


def plant(s, x, y, kind="leafy", k=1.0):
    s.group(f"translate({x} {y}) scale({k})")
    if kind == "leafy":
        for i, (a, r) in enumerate(((-150, 170), (-125, 220), (-100, 250), (-80, 240), (-55, 215), (-30, 165))):
            px, py = at_angle(0, 0, r, a)
            s.curve(f"M0 0 Q{px * .2:.0f} {py * .7:.0f} {px:.0f} {py:.0f}", "#5d7f4d", 7)
            leaf(s, px * .55, py * .6, 110, ("#7fa35b", "#6b9156", "#8fb56d")[i % 3], a + 20)
            leaf(s, px * .8, py * .8, 100, ("#6b9156", "#8fb56d", "#7fa35b")[i % 3], a - 14)
    elif kind == "tulip":
        for i, (dx, h, c) in enumerate(((-120, 220, "#d8665a"), (-50, 290, "#e9b44c"), (20, 320, "#b5557b"), (90, 270, "#f2d7c4"), (140, 200, "#d8463a"))):
            s.curve(f"M{dx * .3} 0 Q{dx * .5} {-h * .5} {dx} {-h}", "#6b9156", 9)
            s.path(f"M{dx - 34} {-h - 60} q16 26 17 26 q6 -34 17 -40 q11 6 17 40 q1 0 17 -26 q10 80 -34 84 q-44 -4 -34 -84Z", s.slant(c, .2))
            leaf(s, dx * .35, -20, 150, "#86ae62", -90 + dx * .25)
    else:
        for a in range(-170, 0, 24):
            leaf(s, 0, 0, 110, "#8fb09a", a)
        for a in range(-150, -20, 32):
            leaf(s, 0, -6, 76, "#a9c6b0", a)
    s.end()


def pot(s, colour, kind="leafy", k=1.0, label=None):
    s.shadow(400, 645, 180)
    plant(s, 400, 440, kind, k)
    s.turned([(440, 150), (520, 136), (630, 102)], colour)
    s.turned([(410, 160), (430, 166), (462, 160)], shade(colour, .06))
    s.ellipse(400, 410, 160, 25, shade(colour, .2))
    s.ellipse(400, 413, 146, 20, "#5a4132")
    if label:
        s.rect(370, 520, 60, 40, label, 6)


def wall_vase(s):
    s.rect(320, 140, 160, 320, s.slant("#c59a6b"), 12)
    s.circle(400, 180, 10, "#6b4a2c")
    s.curve("M400 360 Q380 240 300 170 M400 360 Q420 240 520 200 M400 360 Q396 220 420 110", "#6b9156", 6)
    for x, y, c in ((300, 170, "#e7a6a0"), (520, 200, "#fbf6ea"), (420, 110, "#e0b25a")):
        for a in range(0, 360, 60):
            px, py = at_angle(x, y, 22, a)
            s.circle(px, py, 17, c)
        s.circle(x, y, 13, "#c98b3a")
    s.turned([(330, 46), (370, 50), (470, 96), (570, 100), (620, 60)], "#d5e8ea", 400, .2, mix("#d5e8ea", "#ffffff", .3))
    s.turned([(470, 88), (570, 92), (612, 54)], "#9fc7d2", 400, .2)
    s.ellipse(400, 330, 46, 8, "#ffffff", .6)
    s.rect(330, 480, 10, 100, "#ffffff", 5, .6)


def basin(s, colour, birds=False):
    s.shadow(400, 645, 250)
    if birds:
        s.turned([(380, 50), (500, 44), (620, 120), (640, 130)], colour, 400)
        s.turned([(300, 250), (340, 230), (400, 60)], colour)
        s.ellipse(400, 300, 250, 44, shade(colour, .25))
        s.ellipse(400, 304, 222, 36, s.slant("#9fc7d2"))
        for x, k in ((500, 1), (270, -.8)):
            s.group(f"translate({x} 268) scale({k} {abs(k)})")
            s.ellipse(0, 0, 46, 30, s.ball("#8a6a52"))
            s.circle(-38, -24, 22, s.ball("#8a6a52"))
            s.path("M-58 -26 l-24 6 l22 8Z", "#e0a03a")
            s.circle(-44, -28, 4, "#222222")
            s.path("M40 -6 l56 -22 l-40 34Z", "#6b4f3a")
            s.end()
        return
    s.turned([(330, 240), (420, 256), (560, 210), (630, 150)], colour)
    s.ellipse(400, 330, 240, 42, shade(colour, .25))
    s.ellipse(400, 334, 218, 35, s.slant("#86b4c0"))
    for x, y in ((330, 336), (460, 326), (400, 346)):
        s.ellipse(x, y, 44, 11, "#7fa35b")
    s.circle(460, 312, 18, "#f3c6cf")
    s.circle(460, 312, 8, "#f0c85a")


def succulents(s, wood):
    s.shadow(400, 640, 290)
    s.path("M110 400 H690 L660 630 H140Z", s.slant(wood))
    tones = ("#8fb09a", "#a9c68f", "#7fa38f", "#b9c9a0", "#9fb5a8", "#86ae7a")
    for i in range(6):
        x = 170 + i * 92
        for ring, n in ((46, 9), (28, 6)):
            for a in range(0, 360, 360 // n):
                px, py = at_angle(x, 380, ring * .6, a)
                s.ellipse(px, py, 24, 13, shade(tones[i], .2 if ring < 40 else -.05), turn=a)
        s.circle(x, 378, 12, shade(tones[i], .4))
    for i in range(1, 6):
        s.line([(110 + i * 97, 404), (140 + i * 87, 628)], shade(wood, -.25), 5)


def watering_can(s, metal):
    s.shadow(400, 640, 230)
    s.curve("M300 480 Q480 420 640 150", metal, 24)
    s.curve("M306 472 Q480 410 636 156", shade(metal, .4), 6)
    s.curve("M250 330 C80 250 60 560 190 580", shade(metal, -.2), 22)
    s.turned([(330, 90), (360, 104), (560, 130), (630, 126)], metal, 270, .45)
    s.mouth(330, 90, metal, 270)
    s.ellipse(645, 142, 26, 12, shade(metal, -.3), turn=-50)


def snips(s, colour):
    s.shadow(400, 620, 200, 22)
    s.group("rotate(22 400 400)")
    s.path("M392 400 L380 140 Q410 170 420 400Z", s.across("#b9bfc4", .45))
    s.path("M408 400 L446 150 Q440 230 426 410Z", s.across("#9aa1a7", .45))
    s.curve("M400 400 Q340 480 330 640", colour, 30)
    s.curve("M412 400 Q480 480 480 640", shade(colour, -.1), 30)
    s.curve("M370 490 q36 -24 76 0", "#8f9499", 9)
    s.circle(405, 404, 19, "#d7b56d")
    s.end()


def trowel(s, wood):
    s.shadow(400, 620, 180, 22)
    s.group("rotate(-30 400 400)")
    s.path("M330 130 Q400 40 470 130 L458 330 Q400 370 342 330Z", s.across("#b4bbc1", .45))
    s.line([(400, 140), (400, 330)], "#8f979d", 6, .7)
    s.rect(388, 340, 24, 110, s.across("#9aa1a7", .5), 8)
    s.rect(370, 436, 60, 240, s.across(wood, .3), 28)
    s.circle(400, 654, 9, shade(wood, -.5))
    s.end()


def gloves(s, colour):
    s.shadow(400, 650, 230)
    for k, x in ((1, 280), (-1, 520)):
        s.group(f"translate({x} 400) scale({k} 1) rotate(-6)")
        s.path("M-84 240 V40 Q-170 -30 -130 -66 Q-100 -84 -60 -20 V-190 q24 -40 44 0 v110 v-140 q26 -40 46 0 v140 v-116 q26 -36 44 4 V240Z", s.slant(colour))
        s.rect(-88, 170, 166, 76, s.slant("#7fa35b"), 12)
        s.curve("M-50 60 q50 30 100 0", shade(colour, -.25), 5, .7)
        s.end()


def plant_labels(s, metal):
    s.shadow(400, 640, 260)
    for i in range(5):
        x = 190 + i * 105
        s.group(f"rotate({-12 + i * 6} {x} 640)")
        s.path(f"M{x - 7} 360 h14 v270 l-7 30 l-7 -30Z", s.across(metal, .45))
        s.rect(x - 44, 210, 88, 160, s.slant(metal, .24), 16)
        emblem(s, ("leaf", "plum", "wheat", "citrus", "star")[i], shade(metal, -.45), x, 290, .62)
        s.end()


def twine(s, colour):
    s.shadow(400, 640, 240)
    for i in range(5):
        s.line([(520 + i * 30, 640), (470 + i * 44, 130)], "#9bb36a", 17)
        for k in range(4):
            s.line([(513 + i * 31, 560 - k * 120), (524 + i * 31, 560 - k * 120)], "#6f8a48", 5)
    s.rect(170, 400, 260, 230, s.across(colour, .3), 40)
    for i in range(15):
        s.curve(f"M172 {410 + i * 15} q130 {22 - i * .6:.0f} 256 -6", shade(colour, -.2 if i % 2 else .25), 5, .8)
    s.ellipse(300, 402, 128, 28, shade(colour, .2))
    s.ellipse(300, 402, 46, 11, shade(colour, -.5))
    s.curve("M420 600 q80 20 60 60", colour, 9)


def packet(s, colour, motif, x=400, turn=0):
    s.group(f"rotate({turn} {x} 400)")
    s.rect(x - 130, 170, 260, 440, s.slant(colour), 10)
    s.rect(x - 130, 170, 260, 56, shade(colour, -.2), 8)
    s.rect(x - 100, 256, 200, 260, "#fbf6ea", 12)
    if motif == "flowers":
        for i, (dx, dy, c) in enumerate(((-50, 40, "#e7a6a0"), (20, -40, "#e9b44c"), (54, 60, "#b5557b"), (-40, -60, "#7d9fb0"), (0, 110, "#d8665a"))):
            s.line([(x + dx, 386 + dy), (x + dx * .3, 510)], "#7fa35b", 5)
            for a in range(0, 360, 60):
                px, py = at_angle(x + dx, 380 + dy * .8, 17, a)
                s.circle(px, py, 14, c)
            s.circle(x + dx, 380 + dy * .8, 10, "#f0c85a")
    else:
        emblem(s, motif, "#6b9156", x, 400, 1.7)
    s.rect(x - 80, 540, 160, 12, "#fbf6ea", 5, .8)
    s.rect(x - 50, 564, 100, 10, "#fbf6ea", 5, .6)
    s.end()


def packets(s, pairs):
    s.shadow(400, 640, 250)
    if len(pairs) == 1:
        packet(s, pairs[0][0], pairs[0][1], 400, -4)
    else:
        packet(s, pairs[0][0], pairs[0][1], 300, -8)
        packet(s, pairs[1][0], pairs[1][1], 500, 7)


def log(s):
    s.shadow(400, 620, 290)
    s.rect(130, 400, 520, 180, s.down("#8f6a4a", "#513a28"), 80)
    for i in range(14):
        s.curve(f"M{160 + i * 36} {420 + (i * 31) % 130} q20 8 44 -4", "#3f2c1e", 6, .6)
    s.ellipse(640, 490, 60, 92, "#d9b98a")
    for r in (76, 56, 36, 16):
        s.ellipse(640, 490, r * .62, r, "none", 1, "#b98e62", 5)
    for x, y, k in ((230, 400, 1.1), (340, 410, .8), (430, 396, 1.2), (540, 412, .9), (290, 500, .7), (480, 500, .8)):
        s.rect(x - 16 * k, y - 40 * k, 32 * k, 60 * k, s.across("#f1e4cc"), 12)
        s.path(f"M{x - 76 * k} {y - 36 * k} Q{x} {y - 130 * k} {x + 76 * k} {y - 36 * k} Q{x} {y - 10 * k} {x - 76 * k} {y - 36 * k}Z", s.ball("#9a6a42"))


def wreath(s):
    for i in range(60):
        a = i * 6
        x, y = at_angle(400, 380, 190 + (i * 37) % 40 - 20, a)
        leaf(s, x, y, 74, ("#9fb5a8", "#86a392", "#b5c6b9", "#7f9a78")[i % 4], a + 90 + (i % 3 - 1) * 38)
    for i in range(9):
        x, y = at_angle(400, 380, 196, i * 40 + 12)
        for b in range(0, 360, 72):
            px, py = at_angle(x, y, 17, b)
            s.circle(px, py, 19, "#fdfaf4")
        s.circle(x, y, 9, "#b98e62")
    s.path("M400 570 q-90 -50 -100 10 q10 50 100 -10 q90 -50 100 10 q-10 50 -100 -10Z", s.slant("#c8b08a"))
    s.curve("M400 572 q-20 60 -60 100 M400 572 q20 60 60 100", "#c8b08a", 16)


def chime(s, brass):
    s.line([(400, 40), (400, 200)], "#6b4a2c", 5)
    s.turned([(190, 40), (240, 96), (330, 118), (350, 130)], brass, 400, .45)
    s.ellipse(400, 350, 130, 21, shade(brass, -.5))
    s.line([(400, 350), (400, 470)], "#6b4a2c", 5)
    s.circle(400, 376, 20, s.ball(shade(brass, -.2)))
    s.path("M270 540 Q330 460 450 500 Q500 520 540 470 Q560 540 540 610 Q500 560 450 580 Q330 620 270 540Z", s.slant(brass, .25))
    s.circle(320, 530, 10, "#3f3226")
    for k in range(4):
        s.curve(f"M{370 + k * 34} 508 q20 32 0 64", shade(brass, -.3), 5)


def cloche(s):
    s.shadow(400, 650, 240)
    s.ellipse(400, 620, 240, 40, "#6b4b36")
    plant(s, 400, 612, "leafy", .9)
    s.path("M190 610 V380 Q190 170 400 170 Q610 170 610 380 V610 Q400 660 190 610Z", "#ffffff", "#ffffff", 6, .3)
    s.curve("M226 590 V390 Q232 236 350 204", "#ffffff", 16, .7)
    s.circle(400, 150, 26, s.ball("#b98e62"))


def speaker(s, colour, kind="cabinet", grille="#3b3f45"):
    if kind == "cabinet":
        for x in (170, 430):
            s.shadow(x + 100, 640, 130)
            s.rect(x, 200, 200, 430, s.slant(colour), 12)
            for k in range(5):
                s.curve(f"M{x + 20 + k * 40} 206 q{8 - k * 4} 200 0 418", shade(colour, -.14), 3, .5)
            s.circle(x + 100, 300, 44, grille)
            s.circle(x + 100, 300, 30, s.ball("#6f757c"))
            s.circle(x + 100, 480, 84, grille)
            s.circle(x + 100, 480, 66, s.ball("#565c63"))
            s.circle(x + 100, 480, 24, s.ball("#8a9097"))
    elif kind == "pebble":
        s.shadow(400, 610, 240)
        s.path("M150 500 Q140 320 400 300 Q670 310 650 490 Q630 610 400 610 Q160 610 150 500Z", s.ball(colour))
        for ring in range(1, 7):
            for a in range(0, 360, 60 // min(ring, 5)):
                x, y = at_angle(400, 450, ring * 20, a)
                s.ellipse(x, 450 + (y - 450) * .74, 5, 4, shade(colour, -.5))
        s.curve("M600 380 q70 -60 90 20", shade(colour, -.3), 14)
    elif kind == "handle":
        s.shadow(400, 640, 260)
        s.curve("M210 330 C210 180 590 180 590 330", "#a0622f", 28)
        s.rect(140, 320, 520, 310, s.slant(colour), 44)
        s.rect(170, 350, 460, 220, shade(colour, -.18), 28)
        for yy in range(368, 560, 16):
            for xx in range(190, 620, 16):
                s.circle(xx + (yy // 16 % 2) * 8, yy, 3.6, shade(colour, -.45))
        for i in range(3):
            s.circle(330 + i * 70, 600, 14, shade(colour, .4))
        s.rect(560, 540, 60, 18, "#d7b56d", 4)
    elif kind == "bar":
        s.shadow(400, 560, 340, 24)
        s.rect(150, 130, 500, 280, "#2e3338", 16)
        s.rect(166, 146, 468, 248, s.slant("#6f8fa8"), 8)
        s.path("M166 394 L330 250 L440 340 L520 280 L634 394Z", "#4f6d5a", opacity=.8)
        s.rect(370, 410, 60, 60, "#3b4046")
        s.rect(80, 470, 640, 90, s.down(shade(colour, .25), shade(colour, -.3)), 40)
        for xx in range(110, 700, 12):
            for yy in (494, 508, 522, 536):
                s.circle(xx, yy, 3, shade(colour, -.5))
    else:
        s.shadow(400, 640, 190)
        s.rect(230, 260, 340, 370, s.slant(colour), 70)
        s.halo("#cfd8ff", 400, 430, 160, .7)
        s.circle(400, 430, 112, shade(colour, -.25))
        s.path("M440 350 a90 90 0 1 0 30 140 a74 74 0 0 1 -30 -140Z", "#ffe9a8")
        for x, y in ((470, 390), (440, 440), (486, 440)):
            s.circle(x, y, 5, "#ffffff")
        for i in range(3):
            s.circle(340 + i * 60, 590, 12, shade(colour, .4))


def buds(s, colour):
    s.shadow(400, 640, 220)
    s.path("M180 520 Q170 400 290 400 H510 Q630 400 620 520 Q610 640 400 640 Q190 640 180 520Z", s.ball(colour))
    s.path("M190 480 Q400 540 610 480", "none", shade(colour, -.3), 5)
    s.circle(400, 570, 8, "#fff3c4")
    for x, k in ((300, 1), (500, -1)):
        s.group(f"translate({x} 290) scale({k} 1)")
        s.path("M-40 -40 q40 -60 84 -10 q20 40 -12 70 l16 120 q-20 26 -40 0 l-20 -110 q-60 -10 -28 -70Z", s.slant(colour, .2))
        s.ellipse(34, -26, 30, 24, s.ball(shade(colour, -.3)))
        s.end()


def headphones(s, colour, pads=None, stand=False, cat=False):
    pads = pads or shade(colour, -.4)
    if stand:
        s.shadow(400, 650, 180)
        s.ellipse(400, 640, 150, 24, s.slant("#b98752"))
        s.curve("M400 636 C360 500 440 330 400 190", "#a0703d", 34)
        s.curve("M330 196 Q400 130 470 196", "#c59a6b", 32)
        s.curve("M332 188 Q400 126 468 188", "#dfbd8c", 7)
        return
    s.shadow(400, 640, 220)
    s.curve("M220 440 C200 80 600 80 580 440", shade(colour, -.12), 40)
    s.curve("M232 400 C226 120 574 120 568 400", shade(colour, .3), 9)
    if cat:
        s.path("M290 180 l10 -84 l70 50Z", s.slant(colour))
        s.path("M510 180 l-10 -84 l-70 50Z", s.slant(colour))
    for x, k in ((220, 1), (580, -1)):
        s.rect(x - 60 + (k < 0) * 0, 370, 120, 220, s.slant(colour), 56)
        s.rect(x + k * 40 - 26, 384, 52, 192, s.across(pads), 26)
        s.circle(x - k * 26, 480, 16, shade(colour, .4))


def wired(s, colour, cord):
    s.shadow(400, 620, 230)
    s.curve("M260 250 C240 460 420 420 400 560 C390 650 560 640 560 560 C560 480 430 520 470 600", cord, 12)
    s.curve("M540 250 C560 440 410 400 404 520", cord, 12)
    for k in range(16):
        s.circle(404 - (k % 2) * 5, 430 + k * 9, 3, shade(cord, .5))
    for x, k in ((260, 1), (540, -1)):
        s.group(f"translate({x} 220) scale({k} 1) rotate(20)")
        s.circle(0, -20, 56, s.ball(colour))
        s.circle(24, -30, 34, s.ball("#3f3a38"))
        s.rect(-18, 20, 36, 70, s.across(colour), 14)
        s.end()


def open_ear(s, colour):
    s.shadow(400, 620, 230)
    for x, k in ((280, 1), (520, -1)):
        s.group(f"translate({x} 400) scale({k} 1)")
        s.curve("M-10 130 C-150 100 -150 -150 0 -150 C110 -150 110 -30 60 10", colour, 28)
        s.curve("M-10 124 C-136 94 -136 -140 0 -142", shade(colour, .4), 6)
        s.rect(20, -6, 86, 110, s.slant(shade(colour, -.2)), 38)
        s.circle(64, 40, 17, shade(colour, .45))
        s.end()


def turntable(s, wood):
    s.shadow(400, 630, 310, 26)
    s.path("M120 300 L680 300 L740 570 L60 570Z", s.slant(wood))
    s.path("M60 570 h680 v40 q-340 24 -680 0Z", shade(wood, -.35))
    s.ellipse(350, 430, 220, 108, "#1f1f22")
    for r in (200, 176, 152, 128, 104):
        s.ellipse(350, 430, r, r * .49, "none", 1, "#3b3b40", 3)
    s.ellipse(350, 430, 76, 37, s.slant("#d8665a"))
    s.ellipse(350, 430, 9, 5, "#f2ead9")
    s.circle(640, 350, 34, s.ball("#c3c8cb"))
    s.curve("M640 350 L610 470 L510 490", "#d5dadd", 13)
    s.rect(484, 480, 44, 24, "#8f9499", 6)
    s.circle(660, 520, 18, s.ball("#d7b56d"))


def cassette(s, colour):
    s.shadow(400, 620, 250)
    s.rect(150, 230, 500, 380, s.slant(colour), 36)
    s.rect(190, 270, 420, 220, "#e9eef0", 18)
    s.rect(230, 300, 340, 160, "#33363a", 16)
    s.rect(250, 314, 300, 60, "#f2d7a4", 8)
    for x in (320, 480):
        s.circle(x, 410, 36, "#f4f1ea")
        for a in range(0, 360, 60):
            s.line([at_angle(x, 410, 14, a), at_angle(x, 410, 28, a)], "#33363a", 7)
    for i in range(5):
        s.rect(196 + i * 84, 520, 70, 50, s.down("#f2ede2", "#c9c2b3") if i else s.down("#e0756a", "#b3402f"), 10)


def radio(s, colour, kind="kitchen"):
    s.shadow(400, 640, 270)
    if kind == "crank":
        s.curve("M640 460 h60 v-90", "#8f9499", 15)
        s.circle(700, 360, 20, s.ball("#33363a"))
        s.rect(300, 200, 200, 60, s.slant("#3f4f6b"), 8)
        for i in range(4):
            s.line([(340 + i * 40, 204), (340 + i * 40, 256)], "#8fa5c9", 3)
    else:
        s.line([(560, 300), (690, 110)], "#b9bfc4", 8)
        s.circle(692, 108, 9, "#b9bfc4")
        s.curve("M280 300 C280 210 520 210 520 300", shade(colour, -.25), 18)
    s.rect(140, 290, 520, 340, s.slant(colour), 60)
    s.circle(290, 460, 112, shade(colour, -.2))
    for ring in range(1, 6):
        for a in range(0, 360, 60 // ring):
            x, y = at_angle(290, 460, ring * 19, a)
            s.circle(x, y, 5, shade(colour, -.6))
    s.rect(440, 340, 180, 90, "#fbf3dd", 14)
    for i in range(9):
        s.line([(456 + i * 18, 356), (456 + i * 18, 374 + (i % 3 == 0) * 12)], "#8a6a42", 3)
    s.line([(520, 350), (520, 420)], "#d8463a", 5)
    for x in (480, 580):
        s.circle(x, 530, 40, s.ball("#c59a6b"))
        s.line([(x, 530), (x, 500)], "#6b4a2c", 6)


def brush(s, wood):
    s.shadow(400, 610, 240)
    s.rect(140, 330, 520, 110, s.down(shade(wood, .25), shade(wood, -.25)), 50)
    s.rect(180, 430, 440, 34, "#2f2d2b", 6)
    for i in range(74):
        s.line([(186 + i * 5.85, 462), (184 + i * 5.9, 540 + (i * 7) % 9)], "#4a4642" if i % 2 else "#5d5853", 4)
    s.curve("M180 370 H600", "#ffffff", 8, .4)


def snaps(s, colours):
    s.shadow(400, 620, 230)
    for i, c in enumerate(colours):
        s.group(f"translate({270 + i * 130} {330 + i % 2 * 90}) rotate({-24 + i * 20})")
        s.path("M-60 -130 Q0 -170 60 -130 V130 Q0 170 -60 130Z", s.slant(c))
        s.circle(0, -104, 18, s.ball("#d7b56d"))
        s.circle(0, 104, 18, s.ball("#d7b56d"))
        s.path("M-48 -120 Q0 -154 48 -120 V120 Q0 154 -48 120Z", "none", shade(c, .45), 3, .8, ' stroke-dasharray="9 7"')
        s.end()


def crate(s, wood):
    s.shadow(400, 640, 280)
    for i in range(12):
        c = ("#d8665a", "#33475b", "#e0b25a", "#5f8a8f", "#f2ead9", "#8a5a9a", "#3f4f3a", "#e7a6a0")[i % 8]
        s.path(f"M{190 + i * 36} {240 + (i * 13) % 30} h210 v240 h-210Z" if i == 11 else f"M{180 + i * 30} {250 + (i * 17) % 34} l200 -10 v300 h-200Z", s.slant(c), shade(c, -.3), 2)
    s.path("M140 430 H660 V640 H140Z", s.slant(wood))
    for y in (430, 506, 582):
        s.rect(140, y, 520, 60, s.down(shade(wood, .18), shade(wood, -.12)), 6)
    s.rect(330, 446, 140, 34, shade(wood, -.5), 17)
    for x in (150, 630):
        s.rect(x, 430, 20, 212, shade(wood, -.22), 3)


def amp(s, colour):
    s.shadow(400, 620, 230)
    s.rect(170, 320, 460, 280, s.slant(colour), 30)
    s.rect(190, 340, 420, 240, shade(colour, -.12), 18)
    s.circle(500, 460, 84, shade(colour, -.35))
    s.circle(496, 454, 74, s.ball("#d9dde0"))
    s.line([(496, 454), (530, 396)], "#d8463a", 8)
    for i in range(11):
        s.line([at_angle(500, 460, 94, 150 + i * 24), at_angle(500, 460, 106, 150 + i * 24)], "#f2ead9", 4)
    for x in (250, 340):
        s.circle(x, 480, 28, "#2f2f33")
        s.circle(x, 480, 14, "#0f0f11")
    s.circle(250, 390, 10, "#9be07a")


def bag_of_soil(s, colour):
    s.shadow(400, 645, 220)
    s.path("M220 180 Q400 210 580 180 Q600 400 590 630 Q400 660 210 630 Q200 400 220 180Z", s.across(colour, .2))
    s.path("M220 180 Q400 210 580 180 l-8 -36 q-172 28 -344 0Z", shade(colour, -.2))
    s.rect(270, 280, 260, 270, "#fbf6ea", 16)
    emblem(s, "leaf", "#6b9156", 400, 390, 1.7)
    s.path("M290 500 q110 -50 220 0 v40 h-220Z", "#6b4b36")
    s.curve("M350 520 q16 -16 32 0 t32 0", "#d99a8a", 8)
