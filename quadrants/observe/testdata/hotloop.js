// Spends its time in one function: node hotloop.js MILLISECONDS, of processor time
let sum = 1

function hot(rounds) {
  let x = sum
  for (let i = 0; i < rounds; i++) x = Math.imul(x ^ (x >>> 7), 0x9e3779b1) + i
  sum = x
}

const until = Number(process.argv[2]) * 1000
while (process.cpuUsage().user < until) hot(1_000_000)
