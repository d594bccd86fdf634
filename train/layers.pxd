# The shape of the network while it is trained, and where each part stands in the one vector of its
# weights. Enumerations, so that the C compiler knows the lengths of all loops.

cdef enum:
    LANES = 32
    WIDTH = 16              # numbers of a pattern's vector
    HIDDEN = 16
    STATES = 9              # 3 * own need + their need of a sub-board
    HEADS = 4
    PATTERNS = 19683

    # What is shared by all positions; its gradients are summed over a batch.
    BIAS = 0
    CONSTRAINT = BIAS + LANES                           # [9][STATES][LANES], and one row if free
    DECIDED = CONSTRAINT + (9 * STATES + 1) * LANES     # [9][3][LANES]
    MIX = DECIDED + 27 * LANES                          # [9][STATES][WIDTH][LANES]
    FORWARD_MIX = MIX + 9 * STATES * WIDTH * LANES      # [9][WIDTH][LANES]
    CELL = FORWARD_MIX + 9 * WIDTH * LANES              # [9][3][WIDTH]
    LINE = CELL + 27 * WIDTH                            # [8][27][WIDTH]
    FORWARD_CELL = LINE + 216 * WIDTH                   # [9][3][LANES]
    MACRO_CELL = FORWARD_CELL + 27 * LANES              # [2][9][3][LANES]
    HEAD = MACRO_CELL + 54 * LANES                      # [HEADS][HEAD_SIZE]
    # Within a head:
    W1 = 0                                              # [LANES][HIDDEN], the last lane unused
    B1 = W1 + LANES * HIDDEN
    W2 = B1 + HIDDEN
    B2 = W2 + HIDDEN
    WL = B2 + 1
    HEAD_SIZE = WL + 7                                  # a multiple of 8
    SHARED = HEAD + HEADS * HEAD_SIZE

    # Rows of which a position touches a few; they learn at once.
    PATTERN = SHARED                                    # [PATTERNS][WIDTH]
    FORWARD = PATTERN + PATTERNS * WIDTH                # [PATTERNS][LANES]
    MACRO = FORWARD + PATTERNS * LANES                  # [2][PATTERNS][LANES]
    SIZE = MACRO + 2 * PATTERNS * LANES

cdef packed struct Record:
    unsigned short boards[9]
    unsigned char forced
    signed char result
    short score
    unsigned char plies
    unsigned char pad

cdef struct Pass:
    # One position on its way through the network.
    float lanes[LANES]
    float clipped[LANES]
    float hidden[HIDDEN]
    float back[LANES]       # the gradient of the loss by the lanes
    float vectors[9][WIDTH]
    int boards[9]
    int states[9]
    int hopes[2]
    int forced
    int head

cdef float forward(const float *weights, const Record *record, int symmetry, Pass *seen) noexcept nogil
cdef void backward(const float *weights, Pass *seen, float *shared) noexcept nogil
cdef void add(float *target, const float *source, int count) noexcept nogil
cdef void back_through_head(const float *weights, Pass *seen, float slope, float *shared,
                            float leak) noexcept nogil
cdef void embed(const float *weights, int pattern, float *vector) noexcept nogil
cdef void add_cells(const float *weights, int cells, int pattern, float *lanes) noexcept nogil
