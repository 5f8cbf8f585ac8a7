/// Columns of text, each as wide as its widest cell; numbers are set to the right.
struct TextTable {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  mutating func add(_ row: [String]) { rows.append(row) }

  /// The table, a line a row.
  var lines: [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return isNumeric(column) ? padding + row[column] : row[column] + padding
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// The table as Markdown, numbers set to the right.
  var markdown: [String] {
    let rules = rows[0].indices.map { isNumeric($0) ? "---:" : "---" }
    return ([rows[0], rules] + rows.dropFirst()).map { "| \($0.joined(separator: " | ")) |" }
  }

  private func isNumeric(_ column: Int) -> Bool {
    rows.dropFirst().allSatisfy { $0[column].first?.isNumber ?? true }
  }
}

/// A whole number with its thousands set apart.
func grouped(_ number: UInt64) -> String {
  let digits = Array(String(number))
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
    text.append(digit)
  }
  return text
}

/// Seconds, or nanoseconds, with a few digits: two before 10, one before 100, else none.
func rounded(_ value: Double, digits: Int = 2) -> String {
  guard value.isFinite else { return "-" }
  let scale = [1.0, 10.0, 100.0, 1000.0][min(max(digits, 0), 3)]
  let scaled = UInt64((abs(value) * scale).rounded())
  let sign = value < 0 ? "-" : ""
  let whole = scaled / UInt64(scale)
  guard digits > 0 else { return "\(sign)\(whole)" }
  let fraction = String(scaled % UInt64(scale))
  return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
}
