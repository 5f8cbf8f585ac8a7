import Machines
import Reference

/// A buffer of four pages, and one fence that is pending, used to write.
private func makeModel(adds: Bool = true) -> SharedBufferModel {
  var model = SharedBufferModel(bufferCount: 1)
  model.exported(0, pageCount: 4)
  model.made(7, line: 1, number: 1)
  if adds {
    let place = model.adds(7, to: 0, usage: 1, by: 0)
    model.added(place, to: 0)
  }
  return model
}

extension ModelLitmus {
  /// A case of what is told to the model of shared buffers.
  private init(_ rule: Rule, told: @escaping @Sendable (inout SharedBufferModel, Bool) -> Void) {
    self.init(rule) { hasFault in
      var model = makeModel()
      told(&model, hasFault)
      return model.breaches.first?.rule
    }
  }

  /// What fences and those that wait for them promise.
  private static let order: [ModelLitmus] = [
    ModelLitmus(.accessBeforeFence) { model, hasFault in
      // Who reads waits for who writes, and for nobody who reads.
      let claim = model.looks(0, at: 0, usage: hasFault ? 1 : 0)
      model.accessed(0, at: 0, behind: claim, by: "a device")
    },
    ModelLitmus(.foreignPage) { model, hasFault in
      model.moved(0, to: 1)
      model.accessed(0, at: hasFault ? 0 : 1, behind: .none, by: "a device")
    },
    ModelLitmus(.pollTooEarly) { model, hasFault in
      let claim = model.looks(0, at: 0, usage: 1)
      if !hasFault { model.signals(7) }
      model.polled(claim, isReady: true, toWrite: false)
    },
    ModelLitmus(.pollTooEarly) { model, hasFault in if hasFault { model.polledUnasked(0) } },
    ModelLitmus(.pollTooLate) { model, hasFault in
      model.signals(7)
      // While the call that signals it has not returned, both are right.
      if hasFault { model.signalled(7) }
      let claim = model.looks(0, at: 0, usage: 1)
      model.polled(claim, isReady: false, toWrite: false)
    },
    ModelLitmus(.waitTooShort) { model, hasFault in
      let claim = model.looks(0, at: 0, usage: 2)
      if !hasFault { model.signals(7) }
      model.waited(0, claim, .ok)
    },
    ModelLitmus(.failedWithoutReason) { model, hasFault in
      let claim = model.looks(0, at: 0, usage: 2)
      if !hasFault { model.refused(0, with: .interrupted) }
      model.waited(0, claim, .interrupted)
    },
    ModelLitmus(.callbackAmiss) { model, hasFault in
      model.made(8, line: 2, number: 1)
      model.addsCallback(5, to: [7, 8])
      model.addedCallback(5)
      model.signals(7)
      model.signalled(7)
      // That of a container runs once the last of its fences is signalled.
      if !hasFault { model.signals(8) }
      model.ran(5)
    },
    ModelLitmus(.callbackForgotten) { model, hasFault in
      model.addsCallback(5, to: [7])
      model.addedCallback(5)
      model.signals(7)
      if !hasFault { model.ran(5) }
      model.signalled(7)
    },
    ModelLitmus(.keptMappingUndone) { model, hasFault in
      if hasFault { model.undidKept(0) }
    },
    ModelLitmus(.containerAdded) { model, hasFault in
      if hasFault { model.foundContainer(in: 0) }
    },
    ModelLitmus(.fenceLost) { model, hasFault in
      // A later one of the line will do, and one that is signalled may go.
      model.made(8, line: 1, number: 2)
      model.made(9, line: 2, number: 1)
      let place = model.adds(9, to: 0, usage: 2, by: 0)
      model.added(place, to: 0)
      if !hasFault { model.signals(9) }
      model.found([(8, 1)], in: 0)
    },
    ModelLitmus(.fenceLost) { model, hasFault in
      // So will not one that is used for less.
      model.found([(7, hasFault ? 2 : 1)], in: 0)
    },
    ModelLitmus(.syncFileIncomplete) { model, hasFault in
      model.made(8, line: 1, number: 2)
      let place = model.adds(8, to: 0, usage: 1, by: 0)
      model.added(place, to: 0)
      // The later of a line is enough, the earlier is not.
      let claim = model.looks(0, at: 0, usage: 1)
      model.exported(claim, waitsFor: [hasFault ? 7 : 8])
    },
    ModelLitmus(.syncFileExcess) { model, hasFault in
      model.made(8, line: 2, number: 1)
      let place = model.adds(8, to: 0, usage: hasFault ? 2 : 1, by: 0)
      model.added(place, to: 0)
      let claim = model.looks(0, at: 0, usage: 1)
      model.exported(claim, waitsFor: [7, 8])
    },
  ]

  /// What exporters and importers are promised.
  private static let exporters: [ModelLitmus] = [
    ModelLitmus(.wrongLock) { model, hasFault in
      model.called("map", 0, isLocked: !hasFault, shouldBe: true)
    },
    ModelLitmus(.releasedTwice) { model, hasFault in
      model.released(0)
      if hasFault { model.released(0) }
    },
    ModelLitmus(.mappingLeft) { model, hasFault in
      model.mapped(0, 9, attachment: 3, direction: 1, isDynamic: false)
      model.isAttached(0, attachment: 3)
      if !hasFault { _ = model.unmapped(0, 9, direction: 1) }
      model.detached(0, attachment: 3)
    },
    ModelLitmus(.mappingUndoneTwice) { model, hasFault in
      model.mapped(0, 9, attachment: 3, direction: 1, isDynamic: false)
      _ = model.unmapped(0, 9, direction: 1)
      if hasFault { _ = model.unmapped(0, 9, direction: 1) }
    },
    ModelLitmus(.wrongDirection) { model, hasFault in
      model.mapped(0, 9, attachment: 3, direction: 1, isDynamic: false)
      _ = model.unmapped(0, 9, direction: hasFault ? 2 : 1)
    },
    ModelLitmus(.wrongDirection) { model, hasFault in
      // What is mapped in both is good for one.
      model.mapped(0, 9, attachment: 3, direction: hasFault ? 1 : 0, isDynamic: false)
      model.handedOut(0, 9, direction: 2)
    },
    ModelLitmus(.wrongDirection) { model, hasFault in
      model.mapped(0, 9, attachment: 3, direction: hasFault ? 2 : 1, isDynamic: false)
      model.busy(0, attachment: 3, direction: 2)
    },
    ModelLitmus(.wrongDirection) { model, hasFault in
      model.directed("map", 1, asked: hasFault ? 0 : 1)
    },
    ModelLitmus(.detachedTwice) { model, hasFault in
      model.isAttached(0, attachment: 3)
      model.detached(0, attachment: 3)
      if hasFault { model.detached(0, attachment: 3) }
    },
    ModelLitmus(.detachedTwice) { model, hasFault in
      model.isAttached(0, attachment: 3)
      if !hasFault { model.detached(0, attachment: 3) }
      model.released(0)
    },
    ModelLitmus(.importerMisstated) { model, hasFault in if hasFault { model.misstated() } },
    ModelLitmus(.pinLeft) { model, hasFault in
      model.pinned(0, by: 1)
      if !hasFault { model.pinned(0, by: -1) }
      model.released(0)
    },
    ModelLitmus(.pinUndoneTwice) { model, hasFault in
      model.pinned(0, by: 1)
      model.pinned(0, by: -1)
      if hasFault { model.pinned(0, by: -1) }
    },
    ModelLitmus(.moveUnannounced) { model, hasFault in
      model.mapped(0, 9, attachment: 3, direction: 0, isDynamic: true)
      if !hasFault { model.notified(0, attachment: 3) }
      model.announced(0)
    },
    ModelLitmus(.kernelMappingAmiss) { model, hasFault in
      model.mappedForKernel(0, by: 1)
      model.mappedForKernel(0, by: hasFault ? 1 : -1)
    },
    ModelLitmus(.kernelMappingAmiss) { model, hasFault in
      model.mappedForKernel(0, by: 1)
      model.mappedForKernel(0, by: -1, isThere: !hasFault)
    },
    ModelLitmus(.accessLeftOpen) { model, hasFault in
      model.processorAccess(0, by: 1)
      if !hasFault { model.processorAccess(0, by: -1) }
      model.restsNow()
    },
    ModelLitmus(.accessEndedTwice) { model, hasFault in
      model.processorAccess(0, by: 1)
      model.processorAccess(0, by: -1)
      if hasFault { model.processorAccess(0, by: -1) }
    },
  ]

  /// What sync files tell, and what devices reach.
  private static let devices: [ModelLitmus] = [
    ModelLitmus(.syncFileStatus) { model, hasFault in
      model.signals(7, error: 14)
      model.signalled(7)
      let began = model.asks()
      model.told(hasFault ? 1 : 0 &- 14, of: [7], since: began, tellsErrors: true)
    },
    ModelLitmus(.timelinePointAmiss) { model, hasFault in
      // What is pending, what is signalled, and what is not reached.
      let began = model.asks()
      model.foundPoint(isSignalled: hasFault, of: [7], since: began)
      model.foundPoint(isSignalled: nil, of: nil, since: began)
      model.signals(7)
      model.signalled(7)
      model.foundPoint(isSignalled: true, of: [7], since: model.asks())
    },
    ModelLitmus(.peerMemory) { model, hasFault in
      model.reached(0, isVideoMemory: true, reachesPeers: !hasFault)
      model.reached(0, isVideoMemory: false, reachesPeers: false)
    },
  ]

  /// What users are promised.
  private static let users: [ModelLitmus] = [
    ModelLitmus(.foreignName) { model, hasFault in
      _ = model.names(0, 2)
      model.readName(0, hasFault ? 3 : 2, since: model.asks())
    },
    ModelLitmus(.foreignName) { model, hasFault in
      let place = model.names(0, 2)
      let before = model.asks()
      model.named(0, place, isDone: true)
      // Who began before may find what was there then.
      model.readName(0, 0, since: hasFault ? model.asks() : before)
    },
    ModelLitmus(.areaBeyondBuffer) { model, hasFault in
      // A sum that wraps, and one that ends with the buffer.
      let offset: UInt64 = hasFault ? 0 &- 2 : 2
      model.mappedArea(0, 0, offset: offset, pageCount: 2, .ok, since: 0)
    },
    ModelLitmus(.areaChanged) { model, hasFault in
      if hasFault { model.areaChanged(isMapped: false) }
    },
    ModelLitmus(.wrongBufferResult) { model, hasFault in
      model.returned("seek", hasFault ? .ok : .invalid, expected: .invalid)
    },
    ModelLitmus(.wrongBufferResult) { model, hasFault in
      model.refused(0, with: .again)
      let refusals = model.refusalCount(0)
      model.refused(0, with: .noMemory)
      // Of what a call was refused before nothing is to be told.
      model.failed(0, "attach", hasFault ? .again : .noMemory, since: refusals)
    },
    ModelLitmus(.wrongList) { model, hasFault in
      model.listed(hasFault ? 0 : 1, attachmentCount: 0)
    },
    ModelLitmus(.wrongList) { model, hasFault in
      model.attached(0, by: 1)
      model.listed(1, attachmentCount: hasFault ? 0 : 1)
    },
    ModelLitmus(.objectLeft) { model, hasFault in if hasFault { model.left("fence") } },
  ]

  /// What shared buffers promise.
  static let buffers = order + exporters + devices + users
}
