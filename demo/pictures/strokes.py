"""The drawing tools of the demo's pictures: an 800 by 800 sheet of SVG, soft light from the left."""

import colorsys
import math


def rgb(colour):
    return tuple(int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))


def shade(colour, by):
    """Lighter (by > 0) or darker (by < 0), keeping the hue."""
    h, l, s = colorsys.rgb_to_hls(*rgb(colour))
    l = l + (1 - l) * by if by > 0 else l * (1 + by)
    return "#%02x%02x%02x" % tuple(round(255 * c) for c in colorsys.hls_to_rgb(h, max(0, min(1, l)), s))


def mix(a, b, part):
    return "#%02x%02x%02x" % tuple(round(255 * (x + (y - x) * part)) for x, y in zip(rgb(a), rgb(b)))


class Sheet:
    def __init__(self, ground):
        self.defs, self.parts, self.count, self.ground = [], [], 0, ground

    def _id(self):
        self.count += 1
        return f"g{self.count}"

    def add(self, markup):
        self.parts.append(markup)

    # --- paints ---

    def across(self, colour, depth=0.35):
        """A round thing's light: dark at both edges, bright left of the middle."""
        name = self._id()
        stops = ((0, -depth), (0.12, -depth * .35), (0.34, depth * .75), (0.6, 0), (0.86, -depth * .6), (1, -depth * 1.15))
        self.defs.append(f'<linearGradient id="{name}">' + "".join(
            f'<stop offset="{at}" stop-color="{shade(colour, by)}"/>' for at, by in stops) + "</linearGradient>")
        return f"url(#{name})"

    def down(self, top, bottom):
        name = self._id()
        self.defs.append(f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{top}"/>'
                         f'<stop offset="1" stop-color="{bottom}"/></linearGradient>')
        return f"url(#{name})"

    def slant(self, colour, depth=0.14):
        name = self._id()
        self.defs.append(f'<linearGradient id="{name}" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="'
                         f'{shade(colour, depth)}"/><stop offset="1" stop-color="{shade(colour, -depth)}"/></linearGradient>')
        return f"url(#{name})"

    def ball(self, colour, depth=0.4, cx=.36, cy=.3):
        name = self._id()
        self.defs.append(f'<radialGradient id="{name}" cx="{cx}" cy="{cy}" r="0.75"><stop offset="0" stop-color="'
                         f'{shade(colour, depth)}"/><stop offset=".55" stop-color="{colour}"/><stop offset="1" stop-color="'
                         f'{shade(colour, -depth * .7)}"/></radialGradient>')
        return f"url(#{name})"

    def halo(self, colour, cx, cy, r, strength=.9):
        name = self._id()
        self.defs.append(f'<radialGradient id="{name}"><stop offset="0" stop-color="{colour}" stop-opacity="{strength}"/>'
                         f'<stop offset=".45" stop-color="{colour}" stop-opacity="{strength * .35}"/>'
                         f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient>')
        self.circle(cx, cy, r, f"url(#{name})")

    # --- shapes ---

    def path(self, d, fill="none", stroke=None, width=0, opacity=1, extra=""):
        line = f' stroke="{stroke}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"' if stroke else ""
        see = f' opacity="{opacity}"' if opacity != 1 else ""
        self.add(f'<path d="{d}" fill="{fill}"{line}{see}{extra}/>')

    def rect(self, x, y, w, h, fill, r=0, opacity=1, stroke=None, width=0, turn=0):
        line = f' stroke="{stroke}" stroke-width="{width}"' if stroke else ""
        see = f' opacity="{opacity}"' if opacity != 1 else ""
        spin = f' transform="rotate({turn} {x + w / 2:.1f} {y + h / 2:.1f})"' if turn else ""
        self.add(f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{r}" fill="{fill}"{line}{see}{spin}/>')

    def ellipse(self, cx, cy, rx, ry, fill, opacity=1, stroke=None, width=0, turn=0):
        line = f' stroke="{stroke}" stroke-width="{width}"' if stroke else ""
        see = f' opacity="{opacity}"' if opacity != 1 else ""
        spin = f' transform="rotate({turn} {cx:.1f} {cy:.1f})"' if turn else ""
        self.add(f'<ellipse cx="{cx:.1f}" cy="{cy:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}"{line}{see}{spin}/>')

    def circle(self, cx, cy, r, fill, opacity=1, stroke=None, width=0):
        self.ellipse(cx, cy, r, r, fill, opacity, stroke, width)

    def line(self, points, colour, width, opacity=1):
        d = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self.path(d, "none", colour, width, opacity)

    def curve(self, d, colour, width, opacity=1):
        self.path(d, "none", colour, width, opacity)

    def within(self, d):
        """What is drawn until `end` is seen only inside this outline."""
        name = self._id()
        self.defs.append(f'<clipPath id="{name}"><path d="{d}"/></clipPath>')
        self.add(f'<g clip-path="url(#{name})">')

    def group(self, transform):
        self.add(f'<g transform="{transform}">')

    def end(self):
        self.add("</g>")

    def shadow(self, cx, cy, rx, ry=None, strength=.28):
        """What the thing throws on the table."""
        ry = ry or rx * .16
        self.add(f'<ellipse cx="{cx}" cy="{cy}" rx="{rx}" ry="{ry}" fill="{shade(self.ground, -.6)}" opacity="{strength}" '
                 f'filter="url(#soft)"/>')

    def turned(self, profile, colour, cx=400, depth=.35, fill=None):
        """A body of revolution: (y, radius) from top to bottom, smoothed, with a round foot and rim."""
        def side(sign, points):
            d = ""
            for i in range(len(points) - 1):
                (y0, r0), (y1, r1) = points[i], points[i + 1]
                mid = (y0 + y1) / 2
                d += f"C{cx + sign * r0:.1f} {mid:.1f} {cx + sign * r1:.1f} {mid:.1f} {cx + sign * r1:.1f} {y1:.1f} "
            return d
        (top, rt), (bottom, rb) = profile[0], profile[-1]
        d = f"M{cx + rt:.1f} {top} " + side(1, profile)
        d += f"A{rb:.1f} {rb * .16:.1f} 0 0 1 {cx - rb:.1f} {bottom} " + side(-1, profile[::-1])
        d += f"A{rt:.1f} {rt * .16:.1f} 0 0 1 {cx + rt:.1f} {top}Z"
        self.path(d, fill or self.across(colour, depth))

    def mouth(self, y, r, colour, cx=400, inner=None):
        """The open top of a turned thing."""
        self.ellipse(cx, y, r, r * .16, shade(colour, .35))
        self.ellipse(cx, y + r * .012, r * .94, r * .135, inner or self.down(shade(colour, -.42), shade(colour, -.12)))

    def svg(self, size=800):
        g = self.ground
        back = (f'<radialGradient id="back" cx=".42" cy=".32" r=".95"><stop offset="0" stop-color="{shade(g, .55)}"/>'
                f'<stop offset="1" stop-color="{g}"/></radialGradient>'
                f'<linearGradient id="table" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{shade(g, -.05)}"/>'
                f'<stop offset="1" stop-color="{shade(g, .22)}"/></linearGradient>'
                '<filter id="soft" x="-50%" y="-150%" width="200%" height="400%"><feGaussianBlur stdDeviation="16"/></filter>')
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 800 800"><defs>{back}'
                f'{"".join(self.defs)}</defs><rect width="800" height="800" fill="url(#back)"/>'
                f'<rect y="600" width="800" height="200" fill="url(#table)"/>{"".join(self.parts)}</svg>')


def at_angle(cx, cy, r, degrees):
    a = math.radians(degrees)
    return cx + r * math.cos(a), cy + r * math.sin(a)
