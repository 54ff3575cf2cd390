// Spends processor time in one function, then waits: node hotloop.js MILLISECONDS [WAIT_MILLISECONDS]
let sum = 1

function hot(rounds) {
  let x = sum
  for (let i = 0; i < rounds; i++) x = Math.imul(x ^ (x >>> 7), 0x9e3779b1) + i
  sum = x
}

const until = Number(process.argv[2]) * 1000
while (process.cpuUsage().user < until) hot(1_000_000)

setTimeout(() => {}, Number(process.argv[3] ?? 0))
