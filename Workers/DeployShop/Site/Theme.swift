/// A shop's colours, and what follows from them so that everything can be read.
struct Theme: Hashable, Sendable {
    let primary: Colour
    let secondary: Colour

    /// What links are read on by day, the page, and by night, the cards: of both the one with less contrast. The same
    /// as in `shop.css`, as is the page by night.
    static let day = Colour(red: 0xFB, green: 0xFA, blue: 0xF7)
    static let night = Colour(red: 0x1E, green: 0x20, blue: 0x26)
    static let nightPage = Colour(red: 0x15, green: 0x16, blue: 0x1A)
    /// What pictures stand on by night: their lines are dark.
    private static let dusk = Colour(red: 0xB0, green: 0xB6, blue: 0xB2)

    /// The style sheet: the values of properties, each printed from three bytes.
    var css: String {
        """
        :root {
          --primary: \(primary.css);
          --on-primary: \(primary.ink.css);
          --secondary: \(secondary.css);
          --on-secondary: \(secondary.ink.css);
          --accent: \(primary.legible(on: Self.day).css);
          --tint: \(Self.day.mixed(with: primary, 14).css);
          --panel: \(Self.day.mixed(with: primary, 14).css);
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --accent: \(primary.legible(on: Self.night).css);
            --tint: \(Self.nightPage.mixed(with: primary, 22).css);
            --panel: \(Self.dusk.mixed(with: primary, 20).css);
          }
        }

        """
    }
}
