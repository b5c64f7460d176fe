import TestSupport

@main struct Main {
    static func main() throws { try NemesisProducer.main() }
}
