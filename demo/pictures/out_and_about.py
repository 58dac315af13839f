"""Camping, bags, toys."""

from lights_and_food import emblem
from strokes import at_angle, mix, shade


def tent(s, colour):
    s.shadow(400, 610, 350, 26)
    s.path("M60 600 Q200 230 400 210 Q600 230 740 600 Q400 640 60 600Z", s.slant(colour, .2))
    s.path("M400 210 Q250 400 230 618 Q400 640 570 616 Q560 400 400 210Z", shade(colour, .18))
    s.path("M400 250 Q330 420 318 624 Q400 632 482 622 Q474 420 400 250Z", s.down(shade(colour, -.6), shade(colour, -.4)))
    s.path("M400 250 Q330 420 318 624 L270 622 Q300 420 400 250Z", shade(colour, .34))
    s.curve("M60 600 Q200 230 400 210 Q600 230 740 600", "#f2ead9", 5, .8)
    for x in (40, 760):
        s.line([(x, 636), (x + (60 if x < 400 else -60), 590)], "#e8dcc2", 4)


def chair(s, colour):
    s.shadow(400, 640, 240)
    for d in ("M230 250 L560 640", "M570 250 L240 640", "M230 250 V640", "M570 250 V640"):
        s.curve(d, "#b98752", 18)
    s.path("M232 200 L568 200 L560 440 Q400 470 240 440Z", s.slant(colour))
    s.path("M240 440 Q400 470 560 440 L590 510 Q400 550 210 510Z", s.slant(shade(colour, -.18)))
    for x in (180, 620):
        s.rect(x - 40, 404, 80, 18, "#a0703d", 9)
        s.line([(x, 412), (x, 640)], "#b98752", 16)


def folding_table(s, wood):
    s.shadow(400, 640, 300, 24)
    for a, b in (((180, 420), (320, 640)), ((320, 420), (180, 640)), ((480, 420), (620, 640)), ((620, 420), (480, 640))):
        s.line([a, b], "#8f9499", 14)
    s.path("M140 330 H660 L730 430 H70Z", s.slant(wood))
    for i in range(8):
        x = 140 + i * 74.3
        s.line([(x, 332), (70 + i * 94.3, 428)], shade(wood, -.28), 4)
    s.path("M70 430 h660 v18 h-660Z", shade(wood, -.3))
    s.path("M300 340 q6 -60 50 -60 q44 0 50 60Z", s.across("#7d8f84"))
    s.ellipse(350, 342, 52, 9, shade("#7d8f84", -.3))


def camp_lantern(s, colour):
    s.halo("#ffdf96", 400, 380, 320)
    s.shadow(400, 650, 150)
    s.curve("M300 250 C300 90 500 90 500 250", "#8f9499", 10)
    s.turned([(210, 70), (250, 120), (280, 122)], colour)
    s.rect(296, 276, 208, 190, "#fff3cf", 20, .85)
    s.rect(372, 300, 56, 150, s.down("#fff9e6", "#ffd77a"), 26)
    for x in (300, 366, 434, 490):
        s.rect(x, 276, 10, 190, shade(colour, -.2), 4)
    s.turned([(460, 122), (500, 130), (620, 140), (645, 128)], colour)
    s.circle(400, 560, 24, "#f2ead9")
    s.circle(400, 560, 9, shade(colour, -.4))


def pots(s, metal):
    s.shadow(400, 640, 270)
    s.curve("M590 590 H740", "#3f3f3f", 22)
    s.turned([(560, 190), (600, 184), (630, 170)], metal, 400, .5)
    s.mouth(560, 190, metal)
    s.turned([(380, 150), (480, 152), (560, 140)], metal, 400, .5)
    s.curve("M250 400 C250 270 550 270 550 400", "#8f9499", 9)
    s.mouth(380, 150, metal)
    s.turned([(320, 60), (352, 140), (384, 150)], shade(metal, .1), 400, .5)
    s.ellipse(400, 312, 26, 17, s.ball("#3f3f3f"))


def fire_pit(s, metal):
    s.halo("#ff9d3d", 400, 340, 330, .8)
    s.shadow(400, 640, 230)
    for x in (250, 550):
        s.line([(x, 460), (x + (-60 if x < 400 else 60), 640)], shade(metal, -.3), 18)
    for w, h, c in ((120, 280, "#ff8a2b"), (84, 210, "#ffb53f"), (46, 130, "#ffe58a")):
        s.path(f"M400 {460 - h} q{w} {h * .5} {w * .8} {h * .8} q{-w * .3} {h * .2} {-w * .8} {h * .2} q{-w * .6} 0 {-w * .8} {-h * .24} q0 {-h * .3} {w * .3} {-h * .4} q{w * .1} {h * .16} {w * .2} {h * .1} q{w * .3} {-h * .2} {w * .3} {-h * .46}Z", c, opacity=.95)
    s.line([(270, 452), (540, 430)], "#6b4630", 30)
    s.line([(280, 426), (530, 458)], "#7f5438", 28)
    s.path("M190 440 H610 L540 560 H260Z", s.slant(metal))
    for i in range(6):
        s.circle(290 + i * 44, 505, 10, shade(metal, -.55))


def sleeping_bag(s, colour):
    s.shadow(400, 620, 320, 26)
    s.group("rotate(-10 400 400)")
    s.path("M110 400 Q90 270 240 260 L640 320 Q720 400 640 480 L240 540 Q90 530 110 400Z", s.down(shade(colour, .16), shade(colour, -.3)))
    for i in range(9):
        x = 260 + i * 46
        s.curve(f"M{x} {266 + i * 7} q26 {134 - i * 7} 0 {268 - i * 14}", shade(colour, -.25), 6, .6)
    s.ellipse(200, 400, 84, 110, shade(colour, -.45))
    s.path("M150 430 q60 -60 120 0 q-10 60 -60 66 q-50 -6 -60 -66Z", "#f3ead8")
    for x, y in ((320, 330), (400, 380), (470, 350), (540, 410), (360, 450), (450, 460), (590, 370)):
        s.circle(x, y, 4, "#ffe9a8")
    s.end()


def rolled_mat(s, colour):
    s.shadow(400, 620, 300, 26)
    s.path("M150 560 H650 L720 620 H80Z", s.slant(shade(colour, .1)))
    s.rect(150, 380, 500, 190, s.down(shade(colour, .2), shade(colour, -.3)), 20)
    s.ellipse(650, 475, 50, 96, shade(colour, .3))
    for r in (78, 58, 38, 18):
        s.ellipse(650, 475, r * .5, r, "none", 1, shade(colour, -.25), 6)
    for x in (250, 520):
        s.rect(x, 374, 30, 202, "#7b5732", 6)
        s.rect(x - 4, 460, 38, 30, "#d7b56d", 6)
    for i in range(5):
        emblem(s, "plum", shade(colour, .55), 310 + i % 3 * 80, 430 + i // 3 * 80, .5)


def hamper(s, colour, kind="picnic"):
    s.shadow(400, 640, 270)
    s.curve("M250 380 C250 130 550 130 550 380", shade(colour, -.25), 22)
    s.path("M150 370 H650 L610 630 H190Z", s.across(colour, .22))
    for row in range(7):
        for k in range(14):
            x, y = 170 + k * 34 + (row % 2) * 16, 394 + row * 34
            s.ellipse(x, y, 15, 9, shade(colour, .22 if (row + k) % 2 else -.12))
    if kind == "picnic":
        s.path("M140 346 H660 V392 H140Z", s.slant(shade(colour, -.1)))
        s.path("M440 350 q60 -90 170 -40 l30 90 q-60 60 -110 150 q-70 -70 -90 -200Z", "#fbf6ea")
        for i in range(5):
            s.line([(462 + i * 34, 344 - (i % 2) * 8), (480 + i * 22, 500 - i * 24)], "#c8443a", 9, .8)
            s.line([(446 + i * 10, 380 + i * 30), (636 - i * 22, 366 + i * 30)], "#c8443a", 9, .8)


def soft_box(s, colour, strap):
    s.shadow(400, 640, 230)
    s.curve("M290 280 C290 120 510 120 510 280", strap, 24)
    s.path("M200 280 L560 280 L560 630 L200 630Z", s.slant(colour))
    s.path("M560 280 l70 -40 v340 l-70 50Z", shade(colour, -.25))
    s.path("M200 280 l70 -40 h360 l-70 40Z", shade(colour, .25))
    s.rect(200, 330, 360, 12, strap)
    s.rect(250, 400, 260, 160, shade(colour, -.1), 16)
    emblem(s, "wave", shade(colour, .5), 380, 480, 1)


def flask(s, colour):
    s.shadow(400, 650, 130)
    s.turned([(240, 74), (290, 96), (600, 100), (646, 90)], colour, 400, .35)
    s.turned([(120, 60), (150, 70), (236, 70)], "#c3c8cb", 400, .5)
    s.rect(330, 234, 140, 14, "#8f9499", 4)
    emblem(s, "leaf", shade(colour, .5), 400, 440, 1.1)
    s.rect(330, 300, 12, 290, "#ffffff", 6, .3)


def disc(s, colour):
    s.shadow(420, 620, 230, 26)
    s.group("rotate(-16 400 380)")
    s.ellipse(400, 400, 270, 120, shade(colour, -.35))
    s.ellipse(400, 376, 270, 118, s.slant(colour, .2))
    s.ellipse(400, 372, 190, 78, shade(colour, .2))
    for i in range(9):
        s.line([(400, 372), (400 + (i - 4) * 42, 306 + abs(i - 4) * 9)], shade(colour, -.15), 6, .6)
    s.end()


def poles(s, colour):
    s.shadow(400, 650, 200, 18)
    for k, t in ((0, -14), (1, 14)):
        s.group(f"rotate({t} 400 660)")
        s.rect(390, 150, 20, 500, s.across("#3c4045", .5), 6)
        s.rect(390, 330, 20, 120, s.across(colour), 4)
        s.rect(380, 90, 40, 130, s.across("#c8a06a"), 16)
        s.ellipse(400, 620, 40, 10, "#2f3236")
        s.path("M394 648 h12 l-4 40 h-4Z", "#9aa0a6")
        s.curve("M384 110 q-60 40 -20 110", colour, 9)
        s.end()


def jacket(s, colour):
    s.shadow(400, 660, 190, 18)
    s.path("M300 190 Q400 140 500 190 L640 280 L690 560 L600 580 L560 400 L556 640 H244 L240 400 L200 580 L110 560 L160 280Z", s.slant(colour, .18))
    s.path("M318 200 Q330 90 400 90 Q470 90 482 200 Q400 250 318 200Z", shade(colour, -.18))
    s.path("M346 196 Q354 130 400 130 Q446 130 454 196 Q400 226 346 196Z", shade(colour, -.5))
    s.line([(400, 216), (400, 640)], shade(colour, .5), 7)
    s.curve("M290 460 l50 60 M510 460 l-50 60", shade(colour, -.35), 6)
    s.path("M244 616 h312 v24 h-312Z", shade(colour, -.3))


def socks(s, colour):
    s.shadow(400, 640, 230)
    for dx, c in ((60, shade(colour, -.14)), (-60, colour)):
        s.path(f"M{330 + dx} 130 H{470 + dx} V430 Q{480 + dx} 470 {560 + dx} 510 Q{620 + dx} 580 {540 + dx} 620 Q{440 + dx} 640 {360 + dx} 560 Q{330 + dx} 520 {330 + dx} 460Z", s.slant(c))
        s.path(f"M{330 + dx} 130 h140 v60 h-140Z", shade(c, .3))
        for k in range(7):
            s.line([(340 + dx + k * 20, 134), (340 + dx + k * 20, 186)], shade(c, -.05), 4)
        s.path(f"M{540 + dx} 620 Q{620 + dx} 580 {560 + dx} 510 q-60 40 -20 110Z", "#e0b25a")
        for k in range(3):
            s.rect(330 + dx, 250 + k * 46, 140, 12, "#f2ead9", 0, .8)


def headlamp(s, colour):
    s.halo("#fff0bf", 330, 420, 250)
    s.shadow(400, 620, 230)
    s.curve("M250 420 C120 250 400 120 600 230 C720 330 640 520 470 450", shade(colour, -.15), 46)
    s.curve("M250 400 C140 260 400 140 590 240", shade(colour, .35), 6)
    s.rect(240, 350, 220, 150, s.slant("#3c4045"), 40)
    s.circle(320, 425, 56, "#e9ecee")
    s.circle(320, 425, 44, s.ball("#fff3c4", .4))
    s.circle(412, 425, 22, "#d8463a")


def bell(s, brass):
    s.shadow(400, 640, 170)
    s.curve("M400 190 C330 90 470 60 400 190", "#7b5732", 16)
    s.turned([(190, 44), (240, 110), (400, 138), (500, 176), (540, 214), (556, 216)], brass, 400, .5)
    s.ellipse(400, 556, 214, 33, shade(brass, -.5))
    s.circle(400, 590, 42, s.ball(shade(brass, -.1)))
    s.path("M266 420 q134 40 268 0 l4 18 q-138 42 -276 0Z", shade(brass, .4), opacity=.7)


def backpack(s, colour, trim="#c8985a", kind="day"):
    s.shadow(400, 650, 210)
    s.curve("M350 170 C350 90 450 90 450 170", shade(colour, -.3), 18)
    if kind == "roll":
        s.path("M230 260 Q220 160 300 150 H500 Q580 160 570 260 V600 Q560 650 400 650 Q240 650 230 600Z", s.across(colour, .2))
        s.rect(222, 176, 356, 62, s.down(shade(colour, .2), shade(colour, -.25)), 26)
        s.rect(384, 170, 32, 230, trim, 6)
        s.rect(376, 330, 48, 40, "#d9c9a8", 8)
    else:
        s.path("M220 330 Q220 150 400 150 Q580 150 580 330 V590 Q580 650 400 650 Q220 650 220 590Z", s.across(colour, .2))
        s.curve("M238 340 Q240 180 400 176 Q560 180 562 340", shade(colour, -.35), 7)
        s.circle(556, 352, 10, trim)
    if kind == "ladybird":
        s.path("M230 330 Q230 160 400 160 Q570 160 570 330Z", "#3a3033")
        for x in (340, 460):
            s.circle(x, 270, 28, "#ffffff")
            s.circle(x + 4, 274, 12, "#222222")
        s.line([(400, 335), (400, 640)], "#3a3033", 8)
        for x, y in ((290, 420), (330, 530), (510, 420), (470, 530)):
            s.circle(x, y, 34, "#3a3033")
        s.curve("M340 170 q-30 -60 -70 -60 M460 170 q30 -60 70 -60", "#3a3033", 9)
        return
    s.rect(262, 440, 276, 170, s.slant(shade(colour, -.1)), 28)
    s.curve("M276 476 H524", shade(colour, -.4), 7)
    s.rect(380, 470, 40, 26, trim, 5)
    s.rect(188, 420, 44, 190, s.slant(shade(colour, -.2)), 18)
    s.rect(568, 420, 44, 190, s.slant(shade(colour, -.3)), 18)


def cords(s, colours):
    s.shadow(400, 600, 260, 24)
    for i, c in enumerate(colours):
        x, y = 260 + i % 2 * 270, 280 + i // 2 * 220
        for r in (94, 76, 58):
            s.ellipse(x, y, r, r * .74, "none", 1, shade(c, (94 - r) * .004), 15)
        s.rect(x - 20, y - 78, 40, 156, "#f2ead9", 8)
        s.rect(x - 20, y - 12, 40, 24, shade(c, -.2), 3)


def tote(s, colour, handles=None, motif=None, leek=False, leather=False):
    h = handles or shade(colour, -.2)
    s.shadow(400, 650, 240)
    if leek:
        for k, dx in enumerate((-10, 24, 56)):
            s.curve(f"M{540 + dx * .4} 420 Q{556 + dx} 260 {560 + dx * 1.6} 120", ("#f2f4dd", "#b9cf8a", "#7fa35b")[k], 22)
        s.path("M560 180 Q600 60 680 90 Q640 130 590 220Z", "#6f9a52")
        s.path("M556 180 Q530 60 470 70 Q510 120 560 220Z", "#86ae62")
    s.curve("M300 300 C290 90 390 90 390 296", shade(h, -.2), 20)
    s.curve("M410 296 C410 90 510 90 500 300", h, 20)
    s.path("M200 290 H600 L630 620 Q400 660 170 620Z", s.slant(colour, .16))
    s.curve("M206 320 H596", shade(colour, -.2), 4, .8)
    if leather:
        s.curve("M214 336 H586 M190 600 Q400 636 610 600", shade(colour, .4), 3, .8)
        s.rect(370, 290, 60, 90, shade(colour, -.25), 8)
        s.circle(400, 350, 9, "#d7b56d")
    if leek:
        s.path("M500 330 h96 l16 270 h-116Z", shade(colour, -.14))
    if motif:
        emblem(s, motif, shade(colour, -.45), 390, 470, 1.6)


def net_bag(s, colour):
    s.shadow(400, 650, 220)
    s.curve("M300 250 C300 80 500 80 500 250", colour, 14)
    for x, y, c in ((330, 520, "#e2803a"), (450, 540, "#b8c95a"), (400, 450, "#d8463a"), (300, 440, "#f0c23c"), (500, 450, "#e2803a"), (380, 580, "#f0c23c")):
        s.circle(x, y, 62, s.ball(c))
    for i in range(9):
        x = -190 + i * 47
        s.curve(f"M{400 + x * .5:.0f} 250 Q{400 + x * 1.3:.0f} 450 {400 + x * .55:.0f} 640", colour, 5, .9)
    for i in range(8):
        y = 270 + i * 48
        r = (104, 150, 186, 208, 216, 206, 178, 126)[i]
        s.curve(f"M{400 - r} {y} q{r} 40 {2 * r} 0", colour, 5, .9)


def shoulder_bag(s, colour, kind="quilted", strap=None):
    strap = strap or shade(colour, -.25)
    s.shadow(400, 640, 260)
    s.curve("M190 340 C180 40 620 40 610 340", strap, 20)
    s.path("M160 340 Q400 300 640 340 L660 580 Q400 660 140 580Z", s.slant(colour, .18))
    if kind == "quilted":
        s.within("M160 340 Q400 300 640 340 L660 580 Q400 660 140 580Z")
        for i in range(-6, 12):
            s.line([(150 + i * 60, 590), (330 + i * 60, 330)], shade(colour, -.2), 4, .5)
            s.line([(150 + i * 60, 330), (330 + i * 60, 590)], shade(colour, -.2), 4, .5)
        s.end()
    if kind == "messenger":
        s.path("M150 340 Q400 296 650 340 L640 500 Q400 560 160 500Z", s.slant(shade(colour, .1)))
        for x in (270, 500):
            s.rect(x, 420, 34, 140, "#8a5a30", 6)
            s.rect(x - 5, 500, 44, 30, "#d7b56d", 6)
    if kind == "sling":
        s.curve("M180 400 Q400 350 620 400", shade(colour, -.4), 8)
        s.curve("M170 480 Q400 450 630 480", shade(colour, -.4), 8)
        s.circle(560, 470, 12, "#d7b56d")


def pouches(s, colours, kind="flat"):
    s.shadow(400, 640, 270)
    for i, c in enumerate(colours):
        w, h = 420 - i * 60, 240 - i * 30
        x, y = 150 + i * 70, 250 + i * 110
        s.rect(x, y, w, h, s.slant(c), 20)
        s.rect(x, y, w, 34, shade(c, -.14), 16)
        s.line([(x + 16, y + 18), (x + w - 16, y + 18)], "#b9bfc4", 6)
        s.rect(x + w - 44, y + 10, 18, 54, "#d7b56d", 7)
        if kind == "cube":
            for k in range(6):
                s.line([(x + 30, y + 60 + k * 26), (x + w - 30, y + 60 + k * 26)], shade(c, -.2), 2, .5)


def small_case(s, colour, kind):
    s.shadow(400, 620, 250)
    if kind == "pencil":
        s.rect(110, 330, 580, 210, s.down(shade(colour, .2), shade(colour, -.25)), 100)
        s.curve("M150 380 H650", "#d9c9a8", 8)
        s.rect(600, 366, 26, 70, "#d7b56d", 8)
    elif kind == "burr":
        for a in range(0, 360, 9):
            s.line([at_angle(400, 410, 150, a), at_angle(400, 410, 216, a + 4)], shade(colour, .1 if a % 18 else -.2), 11)
        s.circle(400, 410, 172, s.ball(colour))
        s.path("M270 400 q130 -90 260 0 q-130 60 -260 0Z", "#6b3a22")
        s.path("M330 400 q70 -70 140 0 q-70 60 -140 0Z", s.ball("#8a4a28"))
        s.curve("M268 400 q132 -94 264 0", "#d7b56d", 9)
        s.circle(400, 344, 13, "#d7b56d")
    elif kind == "wash":
        s.curve("M400 190 C360 90 440 90 400 190", "#8f9499", 12)
        s.path("M200 190 H600 V610 Q400 650 200 610Z", s.slant(colour))
        for y in (200, 340, 480):
            s.rect(224, y + 14, 352, 110, mix(colour, "#ffffff", .35), 14, .85)
            s.line([(240, y + 32), (560, y + 32)], "#8f9499", 6)
        s.turned([(390, 26), (410, 34), (450, 34)], "#e7a6a0", 320)
        s.rect(430, 380, 24, 70, "#7d9fb0", 6)
        s.rect(470, 390, 24, 60, "#e0c07a", 6)
    elif kind == "drawstring":
        s.path("M210 330 Q400 280 590 330 L600 600 Q400 660 200 600Z", s.slant(colour))
        s.path("M220 330 Q300 210 400 250 Q500 210 580 330 Q400 290 220 330Z", shade(colour, -.15))
        s.curve("M230 330 Q400 290 570 330", "#7b5732", 11)
        s.curve("M400 312 q-50 -120 -90 -130 M400 312 q60 -110 100 -110", "#7b5732", 9)
        s.circle(400, 470, 80, "#3a3a3a")
        s.circle(400, 470, 60, s.ball("#55606b"))
        s.circle(380, 450, 18, "#ffffff", .6)
    elif kind == "card":
        s.curve("M340 300 C300 60 500 60 460 300", shade(colour, -.2), 16)
        s.rect(280, 290, 240, 330, s.slant(colour), 22)
        s.rect(310, 350, 180, 120, "#f7efe0", 12)
        s.rect(310, 490, 180, 14, shade(colour, -.35), 6)
        s.circle(400, 312, 11, "#d7b56d")
        emblem(s, "plum", shade(colour, -.1), 400, 410, .9)
    elif kind == "tag":
        s.curve("M400 210 C300 60 560 60 430 210", shade(colour, -.3), 20)
        s.path("M280 250 Q400 160 520 250 V600 Q400 640 280 600Z", s.slant(colour))
        s.circle(400, 250, 18, "#d7b56d")
        s.path("M300 330 H500 V560 Q400 590 300 560Z", "none", shade(colour, .5), 4, .9, ' stroke-dasharray="10 8"')
        s.path("M340 470 L400 410 L460 470 V530 H340Z", shade(colour, -.35))
    else:
        s.rect(110, 330, 580, 270, s.across(colour, .2), 90)
        s.curve("M260 340 C260 180 540 180 540 340", shade(colour, -.35), 22)
        for x in (260, 520):
            s.rect(x, 334, 26, 262, shade(colour, -.3))
        s.curve("M130 400 Q400 370 670 400", "#d9c9a8", 7)
        s.rect(360, 450, 80, 60, "#8a5a30", 8)


# --- toys ---

def cairn(s, colours):
    s.shadow(400, 640, 220)
    y = 600
    for i, c in enumerate(colours):
        rx = 170 - i * 22 - (i % 2) * 10
        ry = 56 - i * 3
        s.ellipse(400 + (i % 2) * 26 - 12, y, rx, ry, s.ball(c), turn=(i % 3 - 1) * 5)
        y -= ry * 1.72


def stall(s, colour):
    s.shadow(400, 645, 290)
    for x in (170, 610):
        s.rect(x, 260, 24, 380, s.across("#c59a6b"), 5)
    for i in range(8):
        c = (colour, "#fbf6ea")[i % 2]
        s.path(f"M{130 + i * 67.5} 180 h67.5 v90 a33 33 0 0 1 -67.5 0Z", s.down(shade(c, .1), shade(c, -.12)))
    s.rect(130, 150, 540, 36, s.slant("#c59a6b"), 8)
    s.rect(140, 470, 520, 170, s.slant("#d9b384"), 10)
    for k in range(4):
        s.rect(160 + k * 125, 430, 110, 50, s.slant("#b98752"), 6)
        for j in range(4):
            s.circle(180 + k * 125 + j * 24, 424 - (j % 2) * 14, 19, s.ball(("#d8463a", "#7fa35b", "#f0c23c", "#8a5a9a")[k]))
    emblem(s, "persimmon", "#8a5a30", 400, 560, 1)


def ducks(s, colour):
    s.shadow(420, 600, 300)
    for x, y, k in ((270, 420, 1.25), (480, 480, .75), (610, 500, .6)):
        s.group(f"translate({x} {y}) scale({k})")
        s.path("M-120 20 Q-110 110 0 110 Q120 110 140 -10 Q60 30 10 0 Q-60 -30 -120 20Z", s.slant(colour, .2))
        s.circle(-80, -50, 62, s.ball(colour))
        s.path("M-140 -50 l-54 10 l50 24Z", "#e2803a")
        s.circle(-98, -66, 9, "#2f2a26")
        s.path("M-20 30 q50 -26 90 4 q-30 50 -90 30Z", shade(colour, -.2))
        for wx in (-60, 60):
            s.circle(wx, 116, 28, s.ball("#c8443a"))
            s.circle(wx, 116, 9, "#f6e6c8")
        s.end()
    s.curve("M120 520 q-40 60 -80 40", "#8a5a30", 7)
    s.curve("M394 545 h40 M560 545 h16", "#8a5a30", 6)


def train(s, colour):
    s.curve("M40 610 H760", "#a97c4b", 14)
    for i in range(13):
        s.rect(60 + i * 56, 600, 18, 34, "#8a6039", 3)
    s.path("M90 300 l90 -130 l80 100 l60 -70 l110 120Z", mix(s.ground, "#6b8a6b", .5))
    cars = ((110, colour), (330, "#5f8a8f"), (540, "#e0b25a"))
    for i, (x, c) in enumerate(cars):
        s.rect(x, 440, 180, 120, s.slant(c), 16)
        if i == 0:
            s.rect(x + 100, 360, 80, 100, s.slant(shade(c, -.12)), 10)
            s.rect(x + 116, 380, 48, 44, "#fbf3dd", 6)
            s.rect(x + 24, 370, 36, 80, s.across("#3f3a38"), 8)
            s.circle(x + 42, 330, 24, "#ffffff", .7)
            s.circle(x + 76, 290, 32, "#ffffff", .5)
        else:
            for k in range(3):
                s.rect(x + 20 + k * 50, 464, 38, 40, "#fbf3dd", 6)
        for wx in (40, 140):
            s.circle(x + wx, 570, 34, s.ball("#7b5732"))
            s.circle(x + wx, 570, 11, "#e9d3ae")
        if i:
            s.line([(x - 40, 540), (x, 540)], "#4d4038", 9)


def rattle(s, colour):
    s.shadow(400, 650, 150)
    s.curve("M360 640 C340 480 400 360 470 190", "#7fa35b", 20)
    s.path("M350 600 Q180 520 170 300 Q320 380 372 560Z", s.slant("#86ae62"))
    for x, y in ((470, 230), (540, 300), (430, 330), (560, 400)):
        s.curve(f"M440 {y - 40} q60 -30 {x - 430} {20}", "#7fa35b", 8)
        s.path(f"M{x - 50} {y + 60} q-6 -84 50 -84 q56 0 50 84 q-12 -18 -25 0 q-12 18 -25 0 q-12 18 -25 0 q-12 -18 -25 0Z", s.ball(colour))


def tops(s, colours):
    for i, c in enumerate(colours):
        x, y, k = ((400, 430, 1.2), (210, 520, .75), (600, 520, .8), (300, 300, .6), (540, 280, .6))[i]
        s.shadow(x, y + 150 * k, 80 * k)
        s.group(f"translate({x} {y}) scale({k}) rotate({(i * 7) % 15 - 7})")
        s.turned([(-60, 120), (-20, 128), (60, 90), (140, 14)], c, 0)
        s.ellipse(0, -60, 120, 30, shade(c, .3))
        for r, t in ((92, "#fbf6ea"), (64, shade(c, -.2)), (34, "#f0c23c")):
            s.ellipse(0, -60, r, r * .25, t)
        s.rect(-9, -120, 18, 66, s.across("#c59a6b"), 7)
        s.end()


def game_box(s, colour, motif, loose=None):
    s.shadow(400, 630, 290)
    s.path("M120 330 L560 290 L690 400 L250 470Z", shade(colour, .1))
    s.path("M120 330 L250 470 V610 L120 450Z", shade(colour, -.3))
    s.path("M250 470 L690 400 V530 L250 610Z", s.slant(colour))
    s.group("translate(405 378) skewX(28) scale(1.25 .48) rotate(-9)")
    s.rect(-130, -90, 260, 180, shade(colour, .45), 14)
    emblem(s, motif, shade(colour, -.3), 0, 0, 1.5)
    s.end()
    s.path("M280 500 L660 440 V480 L280 545Z", shade(colour, .45), opacity=.8)
    if loose == "cards":
        for i, c in enumerate(("#fbf6ea", "#f2d7c4", "#dfe7d2")):
            s.rect(430 + i * 56, 210 + i * 12, 110, 160, c, 10, turn=-16 + i * 18, stroke=shade(c, -.2), width=3)
            s.circle(485 + i * 56, 290 + i * 12, 24, ("#c8443a", "#5f8a8f", "#e0b25a")[i])
    if loose == "pawns":
        for i, c in enumerate(("#c8443a", "#5f8a8f", "#e0b25a", "#7fa35b")):
            s.turned([(520, 12), (540, 22), (600, 34), (620, 36)], c, 180 + i * 78)
            s.circle(180 + i * 78, 512, 22, s.ball(c))
    if loose == "puzzle":
        for i, c in enumerate(("#c8443a", "#5f8a8f", "#e0b25a", "#7fa35b")):
            x, y = 150 + i * 130, 560 + (i % 2) * 30
            s.path(f"M{x} {y} h30 q-6 -26 16 -26 q22 0 16 26 h30 v30 q26 -6 26 16 q0 22 -26 16 v30 h-92Z", s.slant(c))
    if loose == "stones":
        for i in range(7):
            s.circle(170 + i * 70, 590 + (i % 2) * 26, 24, s.ball(("#c8443a", "#5f8a8f", "#e0b25a", "#7fa35b", "#8a5a9a")[i % 5]))


def yut(s, wood):
    s.shadow(400, 610, 280, 30)
    s.path("M130 320 L640 260 L720 580 L90 610Z", s.slant("#f1e4c8"))
    for i in range(4):
        for j in range(4):
            s.circle(200 + i * 130 + j * 6, 350 + j * 68 - i * 12, 12, shade(wood, -.1))
    for i in range(4):
        s.group(f"rotate({-34 + i * 26} 400 420)")
        s.rect(180 + i * 6, 380 + i * 22, 440, 52, s.down(shade(wood, .35), shade(wood, -.3)), 26)
        if i % 2:
            for k in range(3):
                s.line([(320 + k * 60, 396 + i * 22), (346 + k * 60, 420 + i * 22)], shade(wood, -.55), 6)
                s.line([(346 + k * 60, 396 + i * 22), (320 + k * 60, 420 + i * 22)], shade(wood, -.55), 6)
        s.end()


def tangram(s, colours):
    s.shadow(400, 640, 260)
    s.rect(170, 170, 460, 460, s.slant("#e9dcc2"), 24)
    pieces = ("M200 200 H600 L400 400Z", "M200 200 L400 400 L200 600Z", "M200 600 L300 500 L400 600Z", "M300 500 L400 400 L500 500 L400 600Z",
              "M600 200 V400 L500 300Z", "M500 300 L600 400 L500 500 L400 400Z", "M600 400 V600 H400Z")
    for i, d in enumerate(pieces):
        s.path(d, s.slant(colours[i % len(colours)]), "#f7efdf", 5)


def animal(s, kind, colour):
    s.shadow(400, 650, 230)
    if kind == "bear":
        for x in (285, 515):
            s.circle(x, 190, 62, s.ball(colour))
            s.circle(x, 194, 34, shade(colour, .35))
        s.path("M240 640 Q180 420 400 400 Q620 420 560 640 Q400 680 240 640Z", s.ball(colour))
        s.ellipse(400, 560, 110, 90, shade(colour, .38))
        s.circle(400, 300, 170, s.ball(colour))
        s.ellipse(400, 350, 78, 60, shade(colour, .42))
        s.ellipse(400, 326, 26, 18, "#3a2b24")
        s.curve("M400 344 v20 q-20 22 -42 8 M400 364 q20 22 42 8 M310 290 q22 22 46 0 M444 290 q22 22 46 0", "#3a2b24", 8)
        for x in (240, 560):
            s.ellipse(x, 500, 46, 84, s.ball(shade(colour, -.06)), turn=22 if x < 400 else -22)
        for x in (310, 490):
            s.ellipse(x, 640, 64, 40, s.ball(shade(colour, .08)))
    elif kind == "otter":
        s.path("M270 660 Q240 480 300 420 H500 Q560 480 530 660Z", s.across(colour, .2))
        s.ellipse(400, 570, 84, 100, shade(colour, .45))
        for x in (290, 510):
            s.circle(x, 200, 34, shade(colour, -.1))
        s.path("M240 320 Q240 160 400 160 Q560 160 560 320 Q540 440 400 440 Q260 440 240 320Z", s.ball(colour))
        s.ellipse(400, 360, 110, 70, shade(colour, .5))
        s.ellipse(400, 318, 34, 24, "#3a2b24")
        for x in (320, 480):
            s.circle(x, 276, 17, "#2b211d")
            s.circle(x - 5, 270, 5, "#ffffff")
        s.curve("M400 344 v28 q-24 22 -46 6 M400 372 q24 22 46 6", "#3a2b24", 7)
        for k in (-1, 1):
            for d in (-10, 14):
                s.line([(400 + k * 90, 352), (400 + k * 180, 346 + d)], "#ffffff", 4, .8)
        s.path("M270 460 Q190 440 190 530 Q240 550 290 520Z", s.slant(colour))
        s.path("M530 460 Q610 440 610 530 Q560 550 510 520Z", s.slant(shade(colour, -.1)))
    else:
        for i, c in enumerate((colour, "#e0b25a", "#c8665a", "#6f9a8a", "#b9cf8a", "#d99a6b")):
            x, y = 210 + i % 3 * 190, 420 + i // 3 * 150
            s.ellipse(x, y + 30, 84, 58, s.ball(c))
            s.ellipse(x, y + 66, 66, 16, shade(c, -.2), .5)
            for k in (-34, 34):
                s.circle(x + k, y - 22, 26, s.ball(c))
                s.circle(x + k, y - 26, 12, "#ffffff")
                s.circle(x + k + 2, y - 26, 6, "#2b211d")
            s.curve(f"M{x - 34} {y + 30} q34 26 68 0", shade(c, -.5), 5)


def boats(s, colours):
    for i, c in enumerate(colours):
        x, y, k = ((280, 500, 1.1), (560, 440, .8), (520, 590, .6))[i]
        s.group(f"translate({x} {y}) scale({k})")
        s.path("M-150 0 H150 L110 80 H-110Z", s.slant(c))
        s.rect(-80, -60, 140, 62, s.slant("#fbf6ea"), 10)
        for w in (-50, 0):
            s.circle(w, -30, 15, "#7d9fb0")
        s.rect(20, -120, 34, 64, s.across(shade(c, -.2)), 6)
        s.path("M-180 76 q45 -26 90 0 t90 0 t90 0 t90 0 v30 h-360Z", "#a9cfda", opacity=.85)
        s.end()


def theatre(s, colour):
    s.shadow(400, 645, 250)
    s.rect(170, 200, 460, 420, s.slant("#b98752"), 14)
    s.path("M150 210 L400 110 L650 210Z", s.slant("#a0703d"))
    s.rect(220, 250, 360, 290, s.down("#2e3d5c", "#6b7fa0"), 8)
    for i in range(14):
        s.circle(240 + (i * 67) % 320, 270 + (i * 43) % 150, 3, "#fff3c4")
    s.circle(500, 320, 34, "#fff1b8")
    s.path("M220 540 q90 -70 180 -10 t180 -20 v30Z", "#50654a")
    for x, c in ((330, "#c8443a"), (400, "#f0c23c"), (460, "#7fa35b")):
        s.turned([(470, 8), (500, 20), (536, 26)], c, x)
        s.circle(x, 462, 15, "#f2d7c4")
    for k in (-1, 1):
        s.path(f"M{400 + k * 180} 250 h{-k * 84} q{k * 30} 140 {k * 70} 290 h{k * 14}Z", s.slant(colour))
    s.path("M220 250 h360 v34 q-45 26 -90 0 q-45 26 -90 0 q-45 26 -90 0 q-45 26 -90 0Z", s.slant(colour))
    s.curve("M630 460 h50 v50", "#8f9499", 12)
    s.circle(680, 522, 18, s.ball("#c8443a"))


def kite(s, colours):
    s.path("M280 120 H560 V480 H280Z", s.slant("#fbf6ea"))
    s.circle(420, 300, 66, s.ground)
    s.path("M280 120 h140 v120 h-140Z", colours[0])
    s.path("M420 360 h140 v120 h-140Z", colours[1])
    s.path("M420 120 h140 v120 h-140Z", colours[2])
    s.path("M280 360 h140 v120 h-140Z", colours[3])
    s.circle(420, 300, 70, mix(s.ground, "#ffffff", .5))
    s.curve("M280 120 L560 480 M560 120 L280 480 M420 120 V480 M280 300 H560", "#b98752", 5)
    for i, x in enumerate((300, 540)):
        s.curve(f"M{x} 480 q{30 - i * 60} 90 0 130 t{20 - i * 30} 80", colours[i], 16)
    s.curve("M420 300 Q560 560 700 690", "#8f9499", 3)
    s.rect(660, 640, 90, 70, s.across("#c59a6b"), 10)
