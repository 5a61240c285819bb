//go:build !purego

#include "textflag.h"

// The two loops below do z += x·y on blocks of eight words, in the time MULX
// takes. DX holds the word y, SI and DI point to x and z, R8 carries the high
// word from one step to the next. Two carry chains run side by side: CF through
// the sums of low words with the previous high word, OF through the sums with z.

#define STEP(off, from, to) \
	MULXQ off(SI), AX, to   \
	ADCXQ from, AX          \
	ADOXQ off(DI), AX       \
	MOVQ  AX, off(DI)

#define BLOCK(off) \
	STEP(off+0, R8, R9)  \
	STEP(off+8, R9, R8)  \
	STEP(off+16, R8, R9) \
	STEP(off+24, R9, R8) \
	STEP(off+32, R8, R9) \
	STEP(off+40, R9, R8) \
	STEP(off+48, R8, R9) \
	STEP(off+56, R9, R8)

// START clears both carry flags; END adds what they hold to R8, which has room.
#define START XORQ AX, AX
#define END   \
	MOVQ  $0, AX \
	ADCXQ AX, R8 \
	ADOXQ AX, R8

// func addMulADX(z, x, y *uint64, blocks, ny int)
TEXT ·addMulADX(SB), NOSPLIT, $0-40
	MOVQ z+0(FP), R10
	MOVQ x+8(FP), R11
	MOVQ y+16(FP), R12
	MOVQ blocks+24(FP), R13
	MOVQ ny+32(FP), BX

row:
	MOVQ (R12), DX
	MOVQ R10, DI
	MOVQ R11, SI
	MOVQ R13, CX
	XORQ R8, R8

blocks:
	START
	BLOCK(0)
	END
	ADDQ $64, SI
	ADDQ $64, DI
	DECQ CX
	JNZ  blocks

	MOVQ R8, (DI)
	ADDQ $8, R10
	ADDQ $8, R12
	DECQ BX
	JNZ  row
	RET

// func montgomeryADX(t *product, n *element) (carry uint64)
TEXT ·montgomeryADX(SB), NOSPLIT, $0-24
	MOVQ t+0(FP), DI
	MOVQ n+8(FP), SI
	MOVQ $48, CX
	XORQ R10, R10        // the carry out of t[i+48]

word:
	MOVQ (DI), DX
	XORQ R8, R8
	START
	BLOCK(0)
	BLOCK(64)
	BLOCK(128)
	BLOCK(192)
	BLOCK(256)
	BLOCK(320)
	END
	XORQ R9, R9
	ADDQ R10, R8
	ADCQ $0, R9
	ADDQ R8, 384(DI)
	ADCQ $0, R9
	MOVQ R9, R10
	ADDQ $8, DI
	DECQ CX
	JNZ  word

	MOVQ R10, carry+16(FP)
	RET
