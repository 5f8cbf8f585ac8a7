/// The stations of a page's life, by which both architectures' tables are judged.
@usableFromInline
enum PageStation: UInt8 {
  case unused
  case live
  case freed
}
