// Answers names with addresses over UDP, as a DNS resolver does.
import { createSocket } from 'node:dgram'
import { joinShop } from '../member.ts'

const { names } = joinShop()
const socket = createSocket(names.host === '::1' ? 'udp6' : 'udp4')
socket.on('message', (message, from) =>
  socket.send(`${message.toString()} A 127.0.0.1`, from.port, from.address),
)
socket.bind(names.port, names.host)
