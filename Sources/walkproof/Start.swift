import Systems

@main enum Start {
  static func main() { trial() }
}
