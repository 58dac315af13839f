"""Lamps, candles, tea and sweets."""

from strokes import at_angle, mix, shade


def jar_lamp(s, colour, glow="#ffdf9e"):
    s.halo(glow, 400, 380, 390)
    s.shadow(400, 640, 190, 30)
    s.path("M318 168 Q322 186 304 192 C96 240 120 560 306 602 Q400 626 494 602 C680 560 704 240 496 192 Q478 186 482 168Z",
           s.ball(colour, .5))
    s.ellipse(400, 168, 82, 13, shade(colour, .6))
    s.ellipse(400, 170, 72, 9, shade(glow, .1))
    s.curve("M168 400 Q400 452 632 400", shade(colour, -.08), 4, .5)
    s.ellipse(312, 310, 66, 100, "#ffffff", .38, turn=28)
    s.rect(300, 612, 200, 26, s.across("#8a6541"), 10)


def small_lamp(s, colour, glow="#ffe2a0", handle=True):
    s.halo(glow, 400, 330, 330)
    s.shadow(400, 640, 150)
    if handle:
        s.curve("M320 230 C310 110 490 110 480 230", shade(colour, -.3), 14)
    s.turned([(220, 84), (300, 104), (410, 96), (430, 90)], glow, 400, .3, s.ball("#fff3cf", .4))
    s.turned([(424, 92), (440, 112), (600, 118), (630, 104)], colour)
    s.turned([(196, 50), (214, 92), (232, 90)], colour)
    s.circle(400, 530, 16, shade(colour, .5))


def pucks(s, colour, glow="#ffe6b0"):
    s.path("M60 640 V520 H260 V400 H460 V280 H740 V640Z", s.slant(shade(s.ground, -.16)))
    for x, y in ((340, 330), (560, 210)):
        s.halo(glow, x, y + 30, 170)
        s.ellipse(x, y + 14, 74, 34, shade(colour, -.3))
        s.ellipse(x, y, 74, 34, s.slant(colour))
        s.ellipse(x, y - 2, 44, 19, "#fff6df")


def dome(s, plant=False):
    s.shadow(400, 650, 230)
    s.turned([(590, 210), (640, 200)], "#8f6a45")
    s.ellipse(400, 592, 206, 32, "#b98e62")
    if plant:
        for a, h in ((-28, 170), (-10, 230), (8, 210), (30, 150)):
            s.curve(f"M400 586 Q{400 + a} {500} {400 + a * 3} {586 - h}", "#5d7f4d", 8)
            for k in range(3):
                x, y = 400 + a * (1 + k * .9), 586 - h * (.4 + k * .28)
                s.ellipse(x - 20, y, 26, 11, "#7fa266", turn=28)
                s.ellipse(x + 20, y, 26, 11, "#6b9156", turn=-28)
    else:
        s.halo("#ffe6b4", 400, 470, 250)
        s.path("M250 586 Q300 500 350 540 Q420 430 490 530 Q530 500 560 586Z", "#ffffff")
        for x, h in ((330, 120), (450, 160), (510, 90)):
            s.path(f"M{x} {570 - h} l{h * .36} {h} h{-h * .72}Z", s.slant("#4f7a67"))
            s.path(f"M{x} {570 - h} l{h * .13} {h * .36} q{-h * .13} 12 {-h * .26} 0Z", "#ffffff")
        for i in range(34):
            s.circle(240 + (i * 83) % 320, 220 + (i * 137) % 330, 3 + i % 4, "#ffffff", .9)
    s.path("M214 590 V360 Q214 160 400 160 Q586 160 586 360 V590 Q400 620 214 590Z", "#ffffff", "#ffffff", 5, .28)
    s.curve("M250 560 V370 Q254 220 360 188", "#ffffff", 14, .7)
    s.circle(400, 146, 20, s.ball("#d7b56d"))


def string_lights(s):
    s.curve("M40 200 C180 380 300 120 420 300 S640 460 770 220", "#a9683a", 4)
    s.curve("M30 420 C200 560 320 330 470 500 S680 560 770 430", "#a9683a", 4)
    for i in range(9):
        x = 70 + i * 84
        for y in ((235, 275, 262, 220, 260, 330, 372, 350, 270)[i], (448, 490, 470, 428, 450, 505, 535, 520, 455)[i]):
            s.halo("#ffdf90", x, y, 62)
            s.circle(x, y, 10, "#fff6d4")
    s.shadow(560, 660, 110)
    s.rect(500, 590, 120, 66, s.slant("#f2ece0"), 14)
    s.circle(536, 623, 12, "#c98b54")


def floor_lamp(s, colour):
    s.halo("#ffe6b0", 310, 330, 300)
    s.shadow(500, 660, 150, 20)
    s.ellipse(500, 648, 120, 22, s.slant(shade(colour, -.2)))
    s.curve("M500 640 V240 C500 90 320 80 300 190", shade(colour, -.1), 13)
    s.path("M210 300 Q230 190 300 186 Q370 190 392 300Z", s.slant(colour))
    s.ellipse(301, 300, 91, 16, "#fff3cf")


def table_lamp(s, base, shade_colour, kind="column"):
    s.halo("#ffe4ab", 400, 290, 340)
    s.shadow(400, 650, 150)
    if kind == "column":
        s.rect(350, 380, 100, 262, s.across(base, .3), 12)
        for i in range(5):
            s.line([(366 + i * 17, 384), (366 + i * 17, 636)], shade(base, -.3), 3, .5)
        s.path("M300 170 H500 L560 390 H240Z", s.across(shade_colour, .12))
        s.path("M240 390 H560 L556 376 H244Z", "#fff6df")
    elif kind == "mushroom":
        s.turned([(400, 46), (480, 40), (600, 96), (640, 110)], base, 400, .18)
        s.path("M170 400 Q180 170 400 170 Q620 170 630 400 Q400 450 170 400Z", s.ball(shade_colour, .45, .4, .35))
        s.ellipse(330, 250, 90, 40, "#ffffff", .55, turn=-20)
    elif kind == "alarm":
        s.circle(400, 410, 220, shade(base, -.15))
        s.circle(400, 404, 214, s.down("#ffb562", "#ffe7b8"))
        s.path("M186 430 Q290 350 400 430 T614 420 Q590 620 400 620 Q210 620 186 430Z", "#e98a5b", opacity=.8)
        s.path("M196 490 Q330 430 460 500 T604 480 Q560 620 400 620 Q240 620 196 490Z", "#b5556b", opacity=.7)
        s.circle(400, 390, 62, "#fff4d8")
        s.rect(330, 520, 140, 50, "#3a2a33", 10, .55)
        for i in range(4):
            s.rect(346 + i * 29 + (8 if i > 1 else 0), 530, 18, 30, "#ffe7b8", 3)


def clamp(s, colour):
    s.rect(80, 560, 640, 44, s.down("#c59a6b", "#9b7145"), 6)
    s.halo("#ffe9b8", 520, 380, 250)
    s.rect(180, 520, 60, 120, s.slant(shade(colour, -.2)), 10)
    s.curve("M210 520 L300 290 L480 220", shade(colour, -.25), 16)
    s.circle(300, 290, 18, "#4d4d4d")
    s.group("rotate(38 510 240)")
    s.path("M450 240 q0 -60 60 -60 q60 0 60 60 l40 90 h-200Z", s.slant(colour))
    s.ellipse(510, 330, 100, 18, "#fff6da")
    s.end()


def lantern(s, colour, glow="#ffd991", ribs=True):
    s.halo(glow, 400, 390, 360)
    s.shadow(400, 650, 160)
    s.curve("M340 190 C340 90 460 90 460 190", "#6b4a2c", 9)
    s.turned([(200, 92), (280, 150), (400, 176), (520, 150), (590, 92)], colour, 400, .14, s.ball(colour, .4))
    if ribs:
        for y, r in ((250, 134), (300, 158), (350, 171), (400, 176), (450, 170), (500, 157), (545, 136)):
            s.curve(f"M{400 - r} {y} q{r} 34 {2 * r} 0", shade(colour, -.22), 4, .55)
    s.rect(300, 186, 200, 22, s.across("#7b5732"), 6)
    s.rect(300, 584, 200, 26, s.across("#7b5732"), 6)


def pendant(s, colour, kind):
    s.line([(400, 0), (400, 230)], "#4a4038", 7)
    s.halo("#ffe7b5", 400, 470, 320)
    if kind == "rattan":
        s.path("M330 230 Q180 330 170 500 Q400 560 630 500 Q620 330 470 230Z", s.across(colour, .25))
        for i in range(11):
            x = -230 + i * 46
            s.curve(f"M{400 + x * .3:.0f} 232 Q{400 + x * .95:.0f} 340 {400 + x:.0f} {506 + 20 - abs(x) * .09:.0f}", shade(colour, -.35), 5, .8)
        for i in range(6):
            y, r = 270 + i * 44, 112 + i * 25
            s.curve(f"M{400 - r} {y} q{r} 38 {2 * r} 0", shade(colour, .3), 6, .8)
    elif kind == "enamel":
        s.rect(366, 190, 68, 60, s.across("#3b3b3b"), 8)
        s.path("M340 246 Q330 330 150 470 H650 Q470 330 460 246Z", s.across(colour, .25))
        s.ellipse(400, 470, 250, 34, "#fff4d2")
        s.ellipse(400, 470, 250, 34, "none", 1, "#33475b", 9)
    else:
        for x, y, r in ((280, 380, 110), (400, 330, 140), (525, 380, 115), (350, 440, 110), (460, 450, 105)):
            s.circle(x, y, r, s.ball(colour, .5))
        for x, y, r in ((330, 330, 60), (470, 350, 70), (400, 420, 80)):
            s.circle(x, y, r, "#ffffff", .35)


def bulb(s):
    s.halo("#ffe29a", 400, 320, 330)
    s.shadow(400, 650, 110)
    s.path("M400 130 q170 0 170 170 q0 90 -66 150 q-24 24 -26 70 h-156 q-2 -46 -26 -70 q-66 -60 -66 -150 q0 -170 170 -170Z", s.ball("#fff2c9", .5))
    s.curve("M352 500 V360 l32 -50 l32 50 l32 -50 V500", "#e89b3c", 6)
    for i in range(4):
        s.rect(330, 524 + i * 24, 140, 20, s.across("#b9bfc4", .45), 9)
    s.ellipse(400, 626, 44, 16, "#4a4a4a")


def candle(s, colour, label, kind="glass"):
    if kind == "glass":
        s.halo("#ffdf9e", 400, 200, 200)
        s.shadow(400, 640, 190)
        s.turned([(300, 150), (460, 152), (620, 146)], colour, 400, .22)
        s.mouth(300, 150, colour, 400, s.down("#fdf3dc", "#efe0bd"))
        s.rect(300, 400, 200, 140, "#fbf6ea", 6)
        s.curve("M330 470 q34 -40 68 0 t68 0", label, 7)
        s.circle(400, 440, 12, label)
        flame(s, 400, 250)
    elif kind == "tapers":
        s.shadow(400, 640, 230)
        for i, h in enumerate((400, 440, 380, 420)):
            x = 250 + i * 100
            s.halo("#ffdf9e", x, 600 - h - 20, 90)
            s.path(f"M{x - 16} {600 - h} h32 l8 {h + 30} h-48Z", s.across(colour, .25))
            flame(s, x, 570 - h, .7)
        s.rect(190, 610, 420, 28, s.across("#7b5732"), 8)
    elif kind == "holder":
        s.shadow(400, 650, 200)
        s.curve("M400 640 V420 C400 330 250 360 250 250 M400 470 C400 380 550 400 550 300 M400 520 C400 360 400 360 400 220", colour, 16)
        s.ellipse(400, 640, 130, 22, s.slant(colour))
        for x, y in ((250, 250), (400, 220), (550, 300)):
            s.halo("#ffdf9e", x, y - 130, 100)
            s.rect(x - 26, y - 10, 52, 16, s.across(colour), 6)
            s.rect(x - 15, y - 110, 30, 104, s.across("#f6ecd6", .2), 5)
            flame(s, x, y - 136, .7)
    else:
        s.shadow(400, 620, 260)
        for i in range(12):
            x, y = 220 + i % 4 * 120, 380 + i // 4 * 90
            if i in (2, 5, 8):
                s.halo("#ffdf9e", x, y - 40, 80)
            s.turned([(y, 50), (y + 44, 48)], "#c6cacd", x, .4)
            s.ellipse(x, y, 50, 11, "#fbf4e2")
            if i in (2, 5, 8):
                flame(s, x, y - 24, .5)
            else:
                s.line([(x, y), (x, y - 12)], "#4a4038", 4)


def flame(s, x, y, k=1.0):
    s.line([(x, y + 46 * k), (x, y + 30 * k)], "#3b2f28", 4 * k)
    s.path(f"M{x} {y - 50 * k} q{34 * k} {50 * k} 0 {90 * k} q{-34 * k} {-40 * k} 0 {-90 * k}Z", s.down("#ffd35a", "#f28b2d"))
    s.ellipse(x, y + 18 * k, 8 * k, 18 * k, "#fff6d2")


def warmer(s, colour):
    s.halo("#ffe2a6", 400, 420, 300)
    s.shadow(400, 650, 200)
    s.ellipse(400, 640, 170, 26, s.slant("#8f6a45"))
    s.curve("M540 636 C600 400 560 180 400 180", "#b08a4a", 13)
    s.path("M400 180 Q310 190 280 340 q30 30 60 4 q30 30 60 0 q30 30 60 -2 q30 28 60 -2 Q490 190 400 180Z", s.slant(colour, .22))
    s.turned([(520, 84), (630, 82)], "#f4ecdd", 400)
    s.ellipse(400, 520, 84, 14, "#fff8e4")


# --- tea and sweets ---

def leaf(s, x, y, size, colour, turn):
    s.group(f"translate({x} {y}) rotate({turn})")
    s.path(f"M0 0 Q{size * .5} {-size * .4} {size} 0 Q{size * .5} {size * .4} 0 0Z", colour)
    s.line([(0, 0), (size * .9, 0)], shade(colour, -.3), 3, .7)
    s.end()


def emblem(s, motif, colour, x=400, y=460, k=1.0):
    s.group(f"translate({x} {y}) scale({k})")
    if motif == "leaf":
        for turn, size in ((-90, 74), (-140, 62), (-40, 62)):
            leaf(s, 0, 30, size, colour, turn)
    elif motif == "persimmon":
        s.circle(0, 6, 40, "#e2803a")
        for a in (-150, -110, -70, -30):
            leaf(s, 0, -28, 32, "#6b8a4b", a)
    elif motif == "wheat":
        for k2 in range(5):
            leaf(s, 0, 30 - k2 * 16, 30, colour, -40)
            leaf(s, 0, 30 - k2 * 16, 30, colour, -140)
        s.line([(0, 60), (0, -50)], colour, 4)
    elif motif == "citrus":
        s.circle(0, 0, 44, "#f0c23c")
        s.circle(0, 0, 36, "#fbe7a0")
        for a in range(0, 360, 60):
            px, py = at_angle(0, 0, 30, a)
            s.line([(0, 0), (px, py)], "#f0c23c", 5)
    elif motif == "plum":
        for a in range(0, 360, 72):
            px, py = at_angle(0, 0, 22, a - 90)
            s.circle(px, py, 20, colour)
        s.circle(0, 0, 12, "#f0c85a")
    elif motif == "star":
        for a in range(0, 360, 60):
            s.line([(0, 0), at_angle(0, 0, 46, a)], colour, 6)
            px, py = at_angle(0, 0, 30, a)
            for b in (a - 45, a + 45):
                s.line([(px, py), at_angle(px, py, 14, b)], colour, 5)
    elif motif == "nut":
        s.ellipse(0, 0, 42, 46, "#c08a52")
        s.curve("M0 -44 q-14 44 0 88 M-24 -20 q16 20 0 44 M24 -20 q-16 20 0 44", "#8a5d33", 5)
    elif motif == "wave":
        for k2 in range(3):
            s.curve(f"M-54 {-18 + k2 * 22} q18 -18 36 0 t36 0 t36 0", colour, 7)
    elif motif == "bean":
        for dx, dy, t in ((-24, -8, 30), (20, -14, -20), (0, 22, 10)):
            s.ellipse(dx, dy, 26, 17, colour, turn=t)
            s.ellipse(dx - 4, dy - 4, 8, 3, "#ffffff", .6, turn=t)
    else:
        s.circle(0, 0, 34, colour)
    s.end()


def tin(s, colour, label, motif, h=360, r=140):
    s.shadow(400, 640, r * 1.5)
    top = 630 - h
    s.turned([(top, r), (top + h / 2, r), (630, r)], colour, 400, .38)
    s.turned([(top - 56, r * .99), (top - 8, r * 1.03), (top + 24, r * 1.03)], shade(colour, -.16), 400, .4)
    s.ellipse(400, top - 56, r * .99, r * .15, shade(colour, .22))
    s.ellipse(400, top - 58, r * .8, r * .115, shade(colour, .06))
    s.path(f"M{400 - r * .78:.0f} {top + 80} q{r * .78:.0f} 26 {r * 1.56:.0f} 0 v{h - 170} q-{r * .78:.0f} 26 -{r * 1.56:.0f} 0Z", label)
    emblem(s, motif, shade(colour, -.1), 400, top + 70 + (h - 150) / 2 + 12, 1.05)
    s.rect(400 - r * .72, top + 30, 10, h - 60, "#ffffff", 5, .3)


def pouch(s, colour, label, motif, window=None):
    s.shadow(400, 640, 220)
    s.path("M226 190 L574 190 Q560 300 580 460 Q586 560 566 630 Q400 652 234 630 Q214 560 220 460 Q240 300 226 190Z", s.across(colour, .2))
    s.path("M226 160 h348 v44 h-348Z", s.slant(shade(colour, -.14)))
    for k in range(17):
        s.line([(236 + k * 20.5, 164), (236 + k * 20.5, 200)], shade(colour, -.28), 2, .6)
    s.rect(285, 270, 230, 190 if window else 260, label, 14)
    emblem(s, motif, shade(colour, -.25), 400, 365 if window else 400, 1.05 if window else 1.25)
    if window:
        s.ellipse(400, 545, 96, 58, shade(window, -.3))
        for i in range(16):
            x, y = 330 + (i * 47) % 140, 512 + (i * 29) % 66
            s.ellipse(x, y, 20, 15, s.ball(shade(window, (i % 3 - 1) * .12)), turn=i * 37)
    s.curve("M262 230 Q256 420 250 600", "#ffffff", 9, .3)


def carton(s, colour, label, motif, ribbon=None, w=300, h=330):
    s.shadow(420, 640, 250)
    x, y = 400 - w / 2 - 30, 630 - h
    s.path(f"M{x + w} {y} l84 -44 v{h - 24} l-84 68Z", shade(colour, -.3))
    s.path(f"M{x} {y} l84 -44 h{w} l-84 44Z", shade(colour, .28))
    s.rect(x, y, w, h, s.slant(colour))
    if ribbon:
        s.rect(x + w / 2 - 22, y, 44, h, ribbon)
        s.path(f"M{x + w / 2 - 22} {y} l84 -44 h44 l-84 44Z", shade(ribbon, .2))
        cx, cy = x + w / 2 + 42, y - 30
        s.path(f"M{cx} {cy} q-110 -110 -130 -20 q0 50 130 20Z", s.slant(ribbon, .2))
        s.path(f"M{cx} {cy} q110 -120 136 -30 q0 50 -136 30Z", s.slant(shade(ribbon, .06), .2))
        s.ellipse(cx, cy - 4, 22, 18, s.ball(ribbon))
    else:
        s.rect(x + w * .16, y + h * .18, w * .68, h * .64, label, 10)
        emblem(s, motif, shade(colour, -.2), x + w / 2, y + h / 2, 1.15)


def jar(s, fill, label, motif):
    s.shadow(400, 645, 200)
    s.turned([(270, 120), (310, 166), (560, 170), (635, 150)], "#eef3f2", 400, .15, mix("#e4efee", fill, .2))
    s.turned([(330, 150), (560, 154), (622, 136)], fill, 400, .3)
    for i in range(12):
        s.ellipse(290 + (i * 53) % 220, 350 + (i * 71) % 250, 24, 8, shade(fill, .35 if i % 2 else -.2), .7, turn=i * 41)
    s.rect(306, 410, 188, 140, label, 8)
    emblem(s, motif, shade(fill, -.2), 400, 480)
    s.turned([(206, 124), (230, 130), (284, 130)], "#c9a35a")
    s.ellipse(400, 206, 124, 19, "#e0c07a")
    s.rect(262, 340, 14, 230, "#ffffff", 7, .5)


def bottle(s, fill, label, motif):
    s.shadow(400, 650, 160)
    s.turned([(180, 36), (290, 38), (340, 60), (400, 118), (600, 122), (645, 106)], fill, 400, .4)
    s.turned([(120, 40), (150, 42), (196, 40)], "#3f4f3a")
    s.rect(308, 430, 184, 150, label, 8)
    emblem(s, motif, shade(fill, -.1), 400, 505)
    s.rect(300, 410, 11, 190, "#ffffff", 5, .4)


def window_box(s, colour, goods, pieces=12):
    s.shadow(400, 620, 290, 28)
    s.path("M130 330 L670 330 L720 610 L80 610Z", s.slant(colour))
    s.path("M160 348 L640 348 L682 588 L118 588Z", shade("#f7efdf", -.04))
    cols = 4 if pieces > 6 else 3
    rows = -(-pieces // cols)
    for i in range(pieces):
        row, col = divmod(i, cols)
        y = 348 + (row + .5) * 240 / rows
        half = 240 + (y - 348) * .175
        x = 400 + ((col + .5) / cols - .5) * 2 * half * .96
        goods(s, x, y, i)
    s.path("M130 330 L670 330 L640 170 L160 170Z", s.slant(shade(colour, .14)))
    emblem(s, "plum", shade(colour, -.35), 400, 250, .9)


def yakgwa(s, x, y, i):
    for a in range(0, 360, 45):
        px, py = at_angle(x, y, 30, a + i * 3)
        s.ellipse(px, py * 1.0, 17, 13, "#a9642a")
    s.ellipse(x, y, 36, 26, s.ball("#c07a35"))
    s.circle(x, y, 6, "#7a441a")


def dacquoise(s, x, y, i):
    s.ellipse(x, y + 26, 66, 30, s.ball("#4a4444"))
    s.ellipse(x, y + 8, 62, 20, "#f2e6d0")
    s.ellipse(x, y - 12, 66, 30, s.ball("#5e5653" if i % 2 else "#544c4a"))
    for k in range(6):
        s.circle(x - 34 + k * 14, y - 18 + (k * 5) % 12, 3, "#e9dfcf")


def bars(s, colour, count=5):
    s.shadow(400, 610, 270, 26)
    for i in range(count):
        x = 150 + i * 104
        s.group(f"rotate({-8 + i * 3} {x + 45} 400)")
        s.rect(x, 220, 88, 380, s.across(shade(colour, (i % 2) * .12), .22), 8)
        s.rect(x, 220, 88, 40, "#d9b56a", 6)
        s.rect(x, 560, 88, 40, "#d9b56a", 6)
        s.rect(x + 16, 300, 56, 190, "#f7efe0", 6)
        emblem(s, "bean" if i % 2 == 0 else "wave", colour, x + 44, 395, .5)
        s.end()


def cookies(s, colour):
    s.shadow(400, 600, 280, 30)
    s.ellipse(400, 560, 270, 74, "#c9d2d6")
    s.ellipse(400, 548, 266, 70, s.slant("#f3f6f7"))
    for i, (x, y) in enumerate(((290, 520), (410, 545), (510, 515), (350, 450), (460, 440), (405, 370))):
        s.ellipse(x, y + 14, 74, 34, shade(colour, -.3))
        s.ellipse(x, y, 74, 36, s.ball(colour, .3))
        s.group(f"translate({x} {y}) scale(.62 .34) rotate({i * 17})")
        emblem(s, "star", "#ffffff", 0, 0, 1.0)
        s.end()


def roll_slices(s, colour):
    s.shadow(400, 600, 290, 26)
    s.path("M90 560 L710 560 L690 610 L110 610Z", s.slant("#b98e62"))
    s.rect(150, 380, 300, 180, s.across(colour, .3), 80)
    for i in range(4):
        x = 360 + i * 84
        s.ellipse(x, 470, 66, 92, shade(colour, -.2))
        s.ellipse(x - 8, 470, 62, 88, s.ball(colour))
        for a in range(0, 360, 60):
            px, py = at_angle(x - 8, 470, 30, a)
            s.ellipse(px, py * 1.0, 15, 20, "#e9cf9f", turn=a)
            s.ellipse(px, py, 6, 12, "#a87643", turn=a)


def sachets(s, colour):
    carton(s, colour, "#f7efdf", "bean", w=260, h=280)
    for i in range(3):
        s.group(f"rotate({14 + i * 12} 560 640)")
        s.rect(520, 380, 66, 250, s.across("#f3e6cc", .15), 5)
        s.rect(520, 440, 66, 90, colour)
        s.rect(520, 380, 66, 22, shade("#f3e6cc", -.15), 4)
        s.end()


def drawers(s, colour):
    s.shadow(400, 645, 270)
    s.rect(150, 180, 500, 460, s.slant(colour), 12)
    tones = ("#f3e6cc", "#dfe7d2", "#f2d7c4", "#d5e2e4", "#efe0bd")
    for i in range(14):
        row, col = divmod(i, 4)
        w = 112 if row < 3 else 234
        x = 168 + col * (118 if row < 3 else 240)
        s.rect(x, 200 + row * 107, w, 96, tones[i % 5], 6)
        emblem(s, ("leaf", "plum", "wheat", "citrus", "star")[i % 5], shade(colour, -.15), x + w / 2, 242 + row * 107, .42)
        s.circle(x + w / 2, 282 + row * 107, 6, "#c9a35a")
