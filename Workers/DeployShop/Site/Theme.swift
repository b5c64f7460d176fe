/// A shop's colours, and what follows from them so that everything can be read.
struct Theme: Hashable, Sendable {
    let primary: Colour
    let secondary: Colour

    /// The page by day and by night; the same as in `shop.css`.
    static let day = Colour(red: 0xFB, green: 0xFA, blue: 0xF7)
    static let night = Colour(red: 0x15, green: 0x16, blue: 0x1A)

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
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --accent: \(primary.legible(on: Self.night).css);
            --tint: \(Self.night.mixed(with: primary, 22).css);
          }
        }

        """
    }
}
