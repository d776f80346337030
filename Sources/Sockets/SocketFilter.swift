import Glibc

/// A program that the system runs on each packet to a socket, before the socket sees it (`socket(7)`, classic BPF).
struct SocketFilter {
    /// `struct sock_filter` of linux/filter.h, which the C library's module lacks.
    fileprivate struct Instruction {
        let code: UInt16
        let skippedIfTrue: UInt8
        let skippedIfFalse: UInt8
        let operand: UInt32
    }
    fileprivate let instructions: [Instruction]

    /// Drops segments with SYN and without ACK (RFC 9293 section 3.1), which begin a connection, and no others. A socket of TCP
    /// shows a filter its packets from the TCP header on.
    static let droppingNewConnections = SocketFilter(instructions: [
        // BPF_LD | BPF_B | BPF_ABS: the byte of flags.
        Instruction(code: 0x30, skippedIfTrue: 0, skippedIfFalse: 0, operand: 13),
        // BPF_ALU | BPF_AND: SYN and ACK.
        Instruction(code: 0x54, skippedIfTrue: 0, skippedIfFalse: 0, operand: 0x12),
        // BPF_JMP | BPF_JEQ: whether SYN alone is set.
        Instruction(code: 0x15, skippedIfTrue: 0, skippedIfFalse: 1, operand: 0x02),
        // BPF_RET: nothing of the packet, or all of it.
        Instruction(code: 0x06, skippedIfTrue: 0, skippedIfFalse: 0, operand: 0),
        Instruction(code: 0x06, skippedIfTrue: 0, skippedIfFalse: 0, operand: .max),
    ])
}

/// Has all further packets to the socket, and to those that are accepted from it, go through `filter`. `SO_ATTACH_FILTER`.
///
/// - Returns: whether the system can do that.
func attachFilter(_ filter: SocketFilter, to descriptor: Int32) -> Bool {
    /// `struct sock_fprog`.
    struct Program {
        let count: UInt16
        let instructions: UnsafePointer<SocketFilter.Instruction>?
    }
    return filter.instructions.withUnsafeBufferPointer { instructions in
        var program = Program(count: UInt16(instructions.count), instructions: instructions.baseAddress)
        return setsockopt(
            descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, socklen_t(MemoryLayout<Program>.size)) == 0
    }
}
