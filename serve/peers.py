"""Parameters that other servers have and this one does not: what of them asks for nothing, and what to do instead.

Their clients send many of them with every request, most often at values that change nothing.
"""

from collections.abc import Mapping

from sftctl.serve.protocol import Off

BEAMS = "ask for several answers with 'n' and 'logprobs', and choose"
TEXT = "the models served here read text alone"
QUIET = "the models served here show no reasoning"
ORDER = "requests are answered in the order in which they come"
NAME = "every answer has an id of its own, and a header 'X-Request-Id'"
ADAPTER = "name the adapter as the 'model'"
CHANCE = "use 'temperature', 'top_p', 'top_k' and 'min_p'"
LOGITS = "use 'logit_bias'"
LENGTH = "use 'max_tokens'"
TEMPLATE = "the template is the one that the model was trained with"
PARTS = "this server is one process"

PEERS: Mapping[str, Off] = {
    # vLLM's
    "allowed_token_ids": Off(instead="name the answers in 'structured_outputs.choice', or use 'logit_bias'"),
    "bad_words": Off(([],), LOGITS),
    "cache_salt": Off(instead="start a server of its own for prompts whose beginnings must not be shared"),
    "chat_template": Off(instead=TEMPLATE),
    "chat_template_kwargs": Off(({}, {"enable_thinking": False}, {"thinking": False}), f"{QUIET}, and {TEMPLATE}"),
    "documents": Off(([],), "write them into 'messages'"),
    "include_reasoning": Off((False, True)),
    "kv_transfer_params": Off(instead=PARTS),
    "length_penalty": Off((1,), BEAMS),
    "logits_processors": Off(([],), LOGITS),
    "logprob_token_ids": Off(instead="ask for the likeliest tokens with 'top_logprobs'"),
    "media_io_kwargs": Off(({},), TEXT),
    "mm_processor_kwargs": Off(({},), TEXT),
    "priority": Off((0,), ORDER),
    "repetition_detection": Off(instead="use 'repetition_penalty' and 'stop'"),
    "request_id": Off(instead=NAME),
    "return_prompt_text": Off((False,), "ask for 'return_token_ids'"),
    "skip_special_tokens": Off((True,), "ask for 'return_token_ids'"),
    "spaces_between_special_tokens": Off((True,), "ask for 'return_token_ids'"),
    "stream_interval": Off((1,), "a chunk is sent for every token"),
    "thinking_token_budget": Off((0,), QUIET),
    "truncate_prompt_tokens": Off(instead="shorten the prompt"),
    "truncation_side": Off(instead="shorten the prompt"),
    "use_beam_search": Off((False,), BEAMS),
    "vllm_xargs": Off(({},)),
    # SGLang's
    "custom_logit_processor": Off(instead=LOGITS),
    "custom_params": Off(({},), LOGITS),
    "lora_path": Off(instead=ADAPTER),
    "no_stop_trim": Off((False,), "use 'include_stop_str_in_output'"),
    "return_cached_tokens_details": Off((False,), "see 'usage'"),
    "return_hidden_states": Off((False,)),
    "return_routed_experts": Off((False,)),
    "rid": Off(instead=NAME),
    "separate_reasoning": Off((False, True)),
    "session_params": Off(({},), "send the whole conversation: what is known of it is kept"),
    "stop_regex": Off(([],), "use 'stop' or 'regex'"),
    "stream_reasoning": Off((False, True)),
    # llama.cpp's
    "dry_multiplier": Off((0,), "use 'repetition_penalty'"),
    "dynatemp_range": Off((0,), CHANCE),
    "grammar_lazy": Off((False,), "offer 'tools': calls are held to their schemas once they have begun"),
    "lora": Off(([],), ADAPTER),
    "min_keep": Off((0,), CHANCE),
    "mirostat": Off((0,), CHANCE),
    "n_keep": Off((0,), "shorten the prompt"),
    "n_predict": Off(instead=LENGTH),
    "n_probs": Off((0,), "use 'logprobs'"),
    "parse_tool_calls": Off((True,), "leave 'tools' out: what is written is then text"),
    "post_sampling_probs": Off((False,), "scores are of the model's own distribution"),
    "reasoning_format": Off(("none", "auto", "deepseek", "deepseek-legacy"), QUIET),
    "repeat_last_n": Off(instead="'repetition_penalty' looks at the whole text"),
    "repeat_penalty": Off((1,), "use 'repetition_penalty'"),
    "response_fields": Off(([],)),
    "return_progress": Off((False,)),
    "return_tokens": Off((False,), "ask for 'return_token_ids'"),
    "samplers": Off(instead=CHANCE),
    "t_max_predict_ms": Off(instead=LENGTH),
    "thinking_forced_open": Off((False,), QUIET),
    "timings_per_token": Off((False,), "see 'usage' and /metrics"),
    "typical_p": Off((1,), CHANCE),
    "xtc_probability": Off((0,), CHANCE),
    # others'
    "enable_thinking": Off((False,), QUIET),
    "keep_alive": Off(instead="models stay loaded"),
    "num_ctx": Off(instead="the context is the model's own"),
    "num_predict": Off(instead=LENGTH),
    "options": Off(({},), "write each of them beside 'model'"),
    "random_seed": Off(instead="use 'seed'"),
    "thinking": Off((False, {"type": "disabled"}), QUIET),
}
