"""Serving the adapters of many runs over one base: by name, loaded and unloaded while requests run."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from engines import make_run
from serving import chat_body, wait_for

from sftctl.core.errors import ModelError, StoreError
from sftctl.core.manager import plugin_manager
from sftctl.core.session import Shelf
from sftctl.serve.adapters_api import Admin
from sftctl.serve.app import create_app
from sftctl.serve.middleware import ApiKeys
from sftctl.serve.server import running
from sftctl.serve.service import Service

KEY = {"Authorization": "Bearer boss"}


@pytest.fixture(scope="module")
def root(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    for seed, name in enumerate(("one", "two", "three")):
        make_run(root, name, tiny_model_dir, seed)
    return root


@pytest.fixture
def shelf(root: Path) -> Shelf:
    return Shelf(plugin_manager(), root, "torch-fp32", merged=False)


@pytest.fixture
def service(shelf: Shelf, root: Path) -> Service:
    return Service(shelf.open([root / "one", root / "two"]))


@pytest.fixture
def url(shelf: Shelf, service: Service) -> Iterator[str]:
    admin = Admin(ApiKeys(["boss"]), shelf.load)
    with running(create_app(plugin_manager(), service, admin=admin)) as base_url:
        yield base_url


def said(url: str, model: str, text: str = "hello there", **more: Any) -> str:
    body = chat_body(text, **{"max_tokens": 20, **more}) | {"model": model}
    response = httpx.post(f"{url}/chat/completions", json=body, timeout=60)
    assert response.status_code == 200, response.text
    return str(response.json()["choices"][0]["message"]["content"])


def manage(url: str, what: str, headers: dict[str, str] = KEY, **body: Any) -> httpx.Response:
    return httpx.post(f"{url}/{what}_lora_adapter", json=body, headers=headers, timeout=60)


def test_one_engine_serves_them_all(url: str, service: Service, root: Path, tiny_model_dir: Path) -> None:
    base = tiny_model_dir.name
    cards = httpx.get(f"{url}/models").json()["data"]
    names = [card["id"] for card in cards]
    assert [(card["id"], card["parent"]) for card in cards] == [("one", base), ("two", base), (base, None)]
    assert {card["max_model_len"] for card in cards} == {service.engines()[0].context}
    assert len(service.engines()) == 1
    alone = {
        name: Service(Shelf(plugin_manager(), root, "torch-fp32", merged=True).open([root / name]))
        for name in names[:2]
    }
    with ThreadPoolExecutor() as asking:
        answers = dict(zip(names, asking.map(lambda name: said(url, name), names), strict=True))
    assert len(set(answers.values())) == 3
    for name, other in alone.items():
        with running(create_app(plugin_manager(), other)) as single:
            assert (said(single, name), said(single, base)) == (answers[name], answers[base])
    prints = {service.models[name].fingerprint for name in names}
    assert len(prints) == 3


def test_adapters_are_loaded_and_unloaded_while_serving(url: str) -> None:
    assert httpx.post(f"{url}/chat/completions", json=chat_body("x") | {"model": "three"}).status_code == 404
    assert manage(url, "load", lora_name="three").json() == {
        "id": "three",
        "object": "lora_adapter",
        "status": "loaded",
    }
    assert said(url, "three") != said(url, "one")
    assert manage(url, "load", lora_name="third", lora_path="three").status_code == 200
    assert said(url, "third") == said(url, "three")
    assert manage(url, "unload", lora_name="three").status_code == 200
    gone = httpx.post(f"{url}/chat/completions", json=chat_body("x") | {"model": "three"})
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "model_not_found")
    assert said(url, "third")


def test_an_adapter_is_replaced_while_a_request_runs(url: str, service: Service) -> None:
    before = said(url, "one", max_tokens=600)
    with ThreadPoolExecutor() as asking:
        asked = asking.submit(said, url, "one", max_tokens=600)
        wait_for(lambda: service.stats().running == 1)
        old = service.models["one"].fingerprint
        assert manage(url, "load", lora_name="one", lora_path="three", load_inplace=True).status_code == 200
        assert not asked.done()
        assert said(url, "one", max_tokens=600) != before
        assert asked.result() == before
    assert service.models["one"].fingerprint != old


def test_prefixes_are_each_adapters_own(url: str) -> None:
    def cached(model: str) -> int:
        body = chat_body("word " * 100, max_tokens=1) | {"model": model}
        usage = httpx.post(f"{url}/chat/completions", json=body, timeout=60).json()["usage"]
        return int(usage["prompt_tokens_details"]["cached_tokens"])

    assert [cached("one"), cached("two")] == [0, 0]
    first, second = cached("one"), cached("two")
    assert first == second > 100
    manage(url, "load", lora_name="one", lora_path="three", load_inplace=True)
    assert [cached("one"), cached("one")] == [0, first]


@pytest.mark.parametrize(
    ("what", "body", "status", "words"),
    [
        ("load", {"lora_name": "x"}, 404, "no run 'x'"),
        ("load", {"lora_name": "x", "lora_path": "/etc"}, 404, "no run '/etc'"),
        ("load", {"lora_name": "x", "lora_path": "../runs/one"}, 404, "no run"),
        ("load", {"lora_name": "one"}, 400, "served already"),
        ("load", {"lora_name": "tiny-model0", "lora_path": "one", "load_inplace": True}, 400, "served already"),
        ("load", {"lora_path": "one"}, 400, "Missing required parameter: 'lora_name'"),
        ("load", {"lora_name": "x", "path": "one"}, 400, "Unknown parameter: 'path'"),
        ("unload", {"lora_name": "x"}, 404, "does not exist"),
        ("unload", {"lora_name": "tiny-model0"}, 400, "no adapter"),
    ],
)
def test_what_cannot_be_loaded(
    url: str, what: str, body: dict[str, Any], status: int, words: str, tiny_model_dir: Path
) -> None:
    body = {key: tiny_model_dir.name if value == "tiny-model0" else value for key, value in body.items()}
    refused = manage(url, what, **body)
    assert (refused.status_code, words in refused.json()["error"]["message"]) == (status, True), refused.text


def test_only_an_admins_key_loads(url: str, service: Service) -> None:
    for headers in ({}, {"Authorization": "Bearer guess"}):
        for what in ("load", "unload"):
            assert manage(url, what, headers=headers, lora_name="two").status_code == 401
    with running(create_app(plugin_manager(), service, ApiKeys(["client"]))) as other:  # not asked for: not there
        assert manage(other, "load", headers={"Authorization": "Bearer client"}, lora_name="three").status_code == 404
    assert "two" in service.models


def test_keys_of_clients_and_admins_differ(shelf: Shelf, root: Path) -> None:
    admin, service = Admin(ApiKeys(["boss"]), shelf.load), Service(shelf.open([root / "one"]))
    with running(create_app(plugin_manager(), service, ApiKeys(["client"]), admin=admin)) as url:
        client = {"Authorization": "Bearer client"}
        assert manage(url, "load", headers=client, lora_name="three").status_code == 401
        assert manage(url, "load", lora_name="three").status_code == 200
        assert httpx.get(f"{url}/models", headers=client).status_code == 200
        assert httpx.get(f"{url}/models", headers=KEY).status_code == 401


def test_a_run_that_does_not_fit_is_refused(shelf: Shelf, root: Path, tmp_path: Path, tiny_model_dir: Path) -> None:
    with pytest.raises(ModelError, match="no adapter of a model that is served"):
        shelf.load("one", "one")  # its base is not open
    shelf.open([root / "one"])
    with pytest.raises(StoreError, match=r"no run 'thre'\. Did you mean 'three'"):
        shelf.load("thre", "x")
    shutil.copytree(root, tmp_path / "runs")
    manifest = tmp_path / "runs/two/model/manifest.json"
    manifest.write_text(manifest.read_text().replace('"hermes"', '"outline"'), encoding="utf-8")
    shelf.root = tmp_path / "runs"
    with pytest.raises(ModelError, match="another version of ChatFormat"):
        shelf.load("two", "two")


@pytest.mark.parametrize("merged", [False, True])
def test_where_weights_lie(root: Path, merged: bool) -> None:
    models = Shelf(plugin_manager(), root, "torch", merged=merged).open([root / "one", root / "two"])
    engine = models[0].engine
    weights = {id(loaded.weights) for loaded in engine._loaded.values()}
    assert len(weights) == (3 if merged else 1)
