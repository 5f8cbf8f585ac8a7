public import Machines

/// What every field of every record holds at one moment of a path.
///
/// What nobody has written or forgotten is arbitrary, and the same whenever it is asked for.
public struct RecordState {
  let context: SolverContext
  /// What each field was last written, or left as, where it is not arbitrary.
  private var values: [FieldPlace: BitVector] = [:]
  /// The moment at which each field became arbitrary last; 0 for the beginning.
  private var moments: [FieldPlace: Int] = [:]
  /// Which bits fields can have that do not have all.
  private let masks: [FieldPlace: UInt64]
  /// Which fields were written since the machine looked last.
  var written: Set<FieldPlace> = []

  /// A state about which nothing is known.
  init(context: SolverContext, masks: [FieldPlace: UInt64]) {
    self.context = context
    self.masks = masks
  }

  /// What a field holds.
  public subscript(place: FieldPlace) -> BitVector {
    get { values[place] ?? arbitrary(place) }
    set {
      values[place] = newValue
      written.insert(place)
    }
  }

  /// What a field of a record holds.
  public subscript(field: Field, record: UInt64) -> BitVector {
    get { self[FieldPlace(field, of: record)] }
    set { self[FieldPlace(field, of: record)] = newValue }
  }

  /// Whether a field of a record is not 0.
  public func isSet(_ field: Field, _ record: UInt64) -> Formula {
    self[field, record] .!= BitVector(0)
  }

  private func arbitrary(_ place: FieldPlace) -> BitVector {
    let record = String(place.record, radix: 16)
    let word = context.variable(
      "\(place.field.name)[\(place.field.index)] \(record) \(moments[place, default: 0])"
    )
    return masks[place].map { word & BitVector($0) } ?? word
  }

  /// Makes a field arbitrary, but where `isKept`.
  mutating func forget(_ place: FieldPlace, at moment: Int, unless isKept: Formula) {
    if isKept.constant == true { return }
    // What nobody asks for is not made.
    let old = isKept.constant == nil ? self[place] : nil
    values[place] = nil
    moments[place] = moment
    if let old { values[place] = .select(isKept, old, arbitrary(place)) }
  }
}
