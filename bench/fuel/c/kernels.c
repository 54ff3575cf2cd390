// Loops that do nothing but compute: the worst that a meter can meet.
#define EXPORT(name) __attribute__((export_name(#name)))
typedef unsigned int u32;
typedef unsigned long long u64;

static double a[200 * 200], b[200 * 200], c[200 * 200];
static unsigned char sieve_bits[1 << 20];
static u32 values[1 << 16];

EXPORT(matmul) double matmul(u32 rounds) {
  for (u32 i = 0; i < 200 * 200; i++) a[i] = i % 7, b[i] = i % 5;
  for (u32 r = 0; r < rounds; r++)
    for (u32 i = 0; i < 200; i++)
      for (u32 j = 0; j < 200; j++) {
        double sum = 0;
        for (u32 k = 0; k < 200; k++) sum += a[i * 200 + k] * b[k * 200 + j];
        c[i * 200 + j] = sum;
      }
  return c[777];
}

EXPORT(sieve) double sieve(u32 rounds) {
  u32 count = 0;
  for (u32 r = 0; r < rounds; r++) {
    for (u32 i = 0; i < sizeof sieve_bits; i++) sieve_bits[i] = 1;
    count = 0;
    for (u32 i = 2; i < sizeof sieve_bits; i++) {
      if (!sieve_bits[i]) continue;
      count++;
      for (u64 j = (u64)i * i; j < sizeof sieve_bits; j += i) sieve_bits[j] = 0;
    }
  }
  return count;
}

EXPORT(mandelbrot) double mandelbrot(u32 rounds) {
  u32 total = 0;
  for (u32 r = 0; r < rounds; r++)
    for (u32 py = 0; py < 100; py++)
      for (u32 px = 0; px < 100; px++) {
        double x0 = px / 100.0 * 3 - 2, y0 = py / 100.0 * 2 - 1, x = 0, y = 0;
        u32 n = 0;
        while (n < 200 && x * x + y * y <= 4) {
          double t = x * x - y * y + x0;
          y = 2 * x * y + y0;
          x = t;
          n++;
        }
        total += n;
      }
  return total;
}

EXPORT(hash) double hash(u32 rounds) {
  u32 h = 2166136261u;
  for (u32 r = 0; r < rounds; r++)
    for (u32 i = 0; i < sizeof sieve_bits; i++) h = (h ^ sieve_bits[i]) * 16777619u;
  return h;
}

__attribute__((noinline)) static u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
EXPORT(calls) double calls(u32 rounds) {
  u32 sum = 0;
  for (u32 r = 0; r < rounds; r++) sum += fib(24 + (r & 1));
  return sum;
}

static void sort(u32 *v, int lo, int hi) {
  while (lo < hi) {
    u32 pivot = v[(lo + hi) / 2];
    int i = lo, j = hi;
    while (i <= j) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i <= j) {
        u32 t = v[i];
        v[i++] = v[j];
        v[j--] = t;
      }
    }
    sort(v, lo, j);
    lo = i;
  }
}
EXPORT(quicksort) double quicksort(u32 rounds) {
  for (u32 r = 0; r < rounds; r++) {
    u32 seed = 1;
    for (u32 i = 0; i < 1 << 16; i++) values[i] = seed = seed * 1664525 + 1013904223;
    sort(values, 0, (1 << 16) - 1);
  }
  return values[100];
}
