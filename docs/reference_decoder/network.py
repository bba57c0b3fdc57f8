"""The network and its attention: docs/numerics.md, sections 3 and 4."""

import numpy as np

from numerics import (PEAK, TINY, exp_negative, f32, gelu, inverse_rms, normalise, quantise, quick_gelu, rotate,
                      rotation, rotation_frequencies, split)


class Norm:
    def __init__(self, file, name):
        a = file.architecture
        self.gain = file.gain(name, a["width"])
        self.bias = file.gain(name + ".bias", a["width"])
        self.layer = a.get("norm", "rms") == "layer"
        self.epsilon = f32(a["norm_eps"])

    def __call__(self, x, bits):
        return normalise(x, self.gain, self.epsilon, bits, self.bias, self.layer)


class Layer:
    def __init__(self, file, number, frequencies):
        a = file.architecture
        width, ffn, dim = a["width"], a["ffn"], a["head_dim"]
        name = f"layer.{number}."
        self.wq = file.matrix(name + "wq", a["heads"] * dim, width)
        self.wk = file.matrix(name + "wk", a["kv_heads"] * dim, width)
        self.wv = file.matrix(name + "wv", a["kv_heads"] * dim, width)
        self.wo = file.matrix(name + "wo", width, a["heads"] * dim)
        self.w_up = file.matrix(name + "w_up", ffn, width)
        self.w_gate = file.matrix(name + "w_gate", ffn, width) if a["activation"] in ("swiglu", "geglu") else None
        self.w_down = file.matrix(name + "w_down", width, ffn)
        self.q_gain = file.gain(name + "q_gain", a["heads"], optional=False)
        self.q_norm = file.gain(name + "q_norm", dim)
        self.k_norm = file.gain(name + "k_norm", dim)
        self.attn_norm = Norm(file, name + "attn_norm")
        self.ffn_norm = Norm(file, name + "ffn_norm")
        self.attn_post_norm = file.gain(name + "attn_post_norm", width, limit=65536)
        self.ffn_post_norm = file.gain(name + "ffn_post_norm", width, limit=65536)
        self.frequencies = file.rope(name + "rope", dim) or frequencies
        self.window = a["windows"][number]
        self.sinks = file.sinks[number]


class Cache:
    """Keys and values of the last positions of one stream, of one key/value head of one layer."""

    def __init__(self, window, dim, sinks):
        self.window = window
        self.sinks = sinks if window > 1 else 0
        self.first_key = None  # of position 0, as the network gives it
        self.keys = np.zeros((window, dim))  # integers in float64
        self.values = np.zeros((window, dim))
        self.key_scales = np.zeros(window, f32)
        self.value_scales = np.zeros(window, f32)
        self.fraction = max(f for f in range(23) if window << f < 1 << 32)

    def append(self, position, key, value):
        slot = position if position < self.sinks else self.sinks + (position - self.sinks) % (self.window - self.sinks)
        self.keys[slot], self.key_scales[slot] = key
        self.values[slot], self.value_scales[slot] = value

    def attend(self, position, query, factor):
        """The output of one query head."""
        n = min(position + 1, self.window)
        dots = (self.keys[:n] @ query.astype(np.float64)).astype(f32)
        s = dots * factor * self.key_scales[:n]
        e = exp_negative(s - s.max())
        one = f32(1 << self.fraction)
        z = np.rint(e * one).astype(np.int64).sum()
        t = e * self.value_scales[:n]
        m = t.max()
        if m < TINY:
            return np.zeros(self.values.shape[1], f32)
        high, low = (half.astype(np.float64) @ self.values[:n] for half in split(np.rint(t * (PEAK[16] / m))))
        return (high.astype(f32) * f32(256) + low.astype(f32)) * (m / PEAK[16] * (one / z.astype(f32)))


class Network:
    """The weights, which never change."""

    def __init__(self, file):
        a = self.architecture = file.architecture
        self.embed = file.matrix("embed", a["vocab"], a["width"])
        self.embed_scales = self.embed.scales * f32(a.get("embed_factor", 1))
        self.positions = file.positions()
        frequencies = rotation_frequencies(float(a["rope_theta"]), a["head_dim"])
        self.layers = [Layer(file, i, frequencies) for i in range(a["layers"])]
        self.final_norm = Norm(file, "final_norm")
        self.epsilon = f32(a["norm_eps"])


class NetworkStream:
    """One stream's way through the network."""

    def __init__(self, network):
        self.network = network
        self.position = 0
        a = network.architecture
        self.caches = [[Cache(layer.window, a["head_dim"], layer.sinks) for _ in range(a["kv_heads"])] for layer in network.layers]

    def feed(self, token):
        """The hidden row after a token: integers and their scale."""
        net = self.network
        bits = net.architecture["act_bits"]
        if net.positions is not None:
            self.position %= len(net.positions)
        if self.position == 0 and net.architecture.get("bos_anew", False):
            token = net.architecture["vocab"] - 1
        x = net.embed.weights[token].astype(f32) * net.embed_scales[token]
        if net.positions is not None:
            x = x + net.positions[self.position]
        for layer, caches in zip(net.layers, self.caches):
            attended = self._attention(layer, caches, *layer.attn_norm(x, bits["qkv"]))
            x = self._add(x, layer.wo.product(*quantise(attended, bits["o"]), bits["o"]), layer.attn_post_norm)
            inner = self._feed_forward(layer, *layer.ffn_norm(x, bits["up"]))
            x = self._add(x, layer.w_down.product(*quantise(inner, bits["down"]), bits["down"]), layer.ffn_post_norm)
        self.position += 1
        return net.final_norm(x, bits["head"])

    def _add(self, x, y, post_norm):
        return x + y if post_norm is None else x + y * post_norm * inverse_rms(y, self.network.epsilon)

    def _rotated(self, head, turn, gain):
        epsilon = self.network.epsilon
        norm = f32(1)
        if gain is not None:
            norm = inverse_rms(head, epsilon)
            head = head * gain
        head = rotate(head, *turn)
        if gain is None and self.network.architecture["qk_norm"]:
            norm = inverse_rms(head, epsilon)
        q, scale = quantise(head, 8)
        return q, scale * norm

    def _move_sink(self, layer, cache, key):
        """The first position's key, kept for ever, stands right before the window."""
        if self.position == 0:
            cache.first_key = key.copy()
        elif cache.sinks and self.position >= cache.window:
            turn = rotation(layer.frequencies, self.position + 1 - cache.window)
            cache.keys[0], cache.key_scales[0] = self._rotated(cache.first_key, turn, layer.k_norm)

    def _attention(self, layer, caches, q, scale):
        a = self.network.architecture
        bits = a["act_bits"]["qkv"]
        queries, keys, values = (matrix.product(q, scale, bits).reshape(-1, a["head_dim"])
                                 for matrix in (layer.wq, layer.wk, layer.wv))
        turn = rotation(layer.frequencies, self.position)
        for cache, key, value in zip(caches, keys, values):
            self._move_sink(layer, cache, key)
            cache.append(self.position, self._rotated(key, turn, layer.k_norm), quantise(value, 8))
        outputs = []
        for h, head in enumerate(queries):
            query, query_scale = self._rotated(head, turn, layer.q_norm)
            cache = caches[h // (a["heads"] // a["kv_heads"])]
            outputs.append(cache.attend(self.position, query, query_scale * layer.q_gain[h]))
        return np.concatenate(outputs)

    def _feed_forward(self, layer, q, scale):
        bits = self.network.architecture["act_bits"]["up"]
        u = layer.w_up.product(q, scale, bits)
        activation = self.network.architecture["activation"]
        if activation == "relu2":
            u = np.maximum(u, f32(0))
            return u * u
        if activation == "gelu":
            return gelu(u)
        if activation == "quick_gelu":
            return quick_gelu(u)
        g = layer.w_gate.product(q, scale, bits)
        if activation == "geglu":
            return u * gelu(g)
        e = exp_negative(-np.abs(g))
        return u * (np.where(g > 0, g, g * e) / (f32(1) + e))
