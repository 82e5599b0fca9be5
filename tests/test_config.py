"""Settings: their defaults, their sentences, and that the documents name each of them."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.common.errors import StartupError
from app.config import Settings, load_settings

ROOT = Path(__file__).parent.parent

SEED_DEFAULTS = {
    "model_name": "llama-3.3-70b-versatile",
    "temperature": 0.7,
    "vector_store_type": "chroma",
    "vector_store_path": Path("./chroma_db"),
    "memory_type": "buffer",
    "max_token_limit": 2000,
    "session_store_type": "sqlite",
    "session_db_path": Path("./data/sessions.db"),
    "session_ttl": 3600,
    "max_cached_sessions": 100,
    "cleanup_interval": 300,
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def _load(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load_settings(env_file=None)


def test_defaults_are_those_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _load(monkeypatch, {})
    assert {name: getattr(settings, name) for name in SEED_DEFAULTS} == SEED_DEFAULTS


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"TEMPERATURE": "hot"}, "TEMPERATURE"),
        ({"TEMPERATURE": "3"}, "TEMPERATURE"),
        ({"MEMORY_TYPE": "elephant"}, "MEMORY_TYPE"),
        ({"SESSION_TTL": "0"}, "SESSION_TTL"),
        ({"VECTOR_STORE_TYPE": "faiss"}, "VECTOR_STORE_TYPE"),
        ({"CHUNK_OVERLAP": "1000"}, "CHUNK_OVERLAP"),
        ({"LLM_PROVIDER": "groq"}, "GROQ_API_KEY"),
        ({"LLM_PROVIDER": "openai"}, "LLM_BASE_URL"),
        ({"ADMIN_API_KEY": "short"}, "ADMIN_API_KEY"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
        ({"DATABASE_URL": "mysql://rag:secret@db/rag"}, "DATABASE_URL"),
        ({"SESSION_STORE_TYPE": "postgres"}, "DATABASE_URL"),
        ({"VECTOR_STORE_TYPE": "pgvector"}, "DATABASE_URL"),
        ({"SESSION_STORE_TYPE": "sqlite", "DATABASE_URL": "postgresql://rag@db/rag"}, "SESSION_STORE_TYPE"),
        ({"RERANK": "endpoint"}, "RERANK_BASE_URL"),
        ({"RERANK": "llm"}, "GROQ_API_KEY"),
        ({"RERANK": "llm", "GROQ_API_KEY": "k", "RERANK_BASE_URL": "http://127.0.0.1:9"}, "RERANK=llm contradicts"),
        ({"RERANK": "llm", "GROQ_API_KEY": "k", "RERANK_API_KEY": "k"}, "RERANK=llm contradicts"),
        ({"RERANK_MODEL": "bge"}, "RERANK_BASE_URL"),
        ({"RERANK_BASE_URL": "file:///etc/passwd"}, "RERANK_BASE_URL"),
        ({"RERANK_BASE_URL": "http://[::1"}, "RERANK_BASE_URL"),
        ({"RERANK_BASE_URL": "http://me:secret@127.0.0.1:9"}, "RERANK_API_KEY"),
        ({"RERANK_BASE_URL": "http://127.0.0.1:9", "RERANK_TIMEOUT": "0"}, "RERANK_TIMEOUT"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], named: str
) -> None:
    with pytest.raises(StartupError) as caught:
        _load(monkeypatch, values)
    sentence = str(caught.value)
    assert named in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("values", "mode"),
    [
        ({}, "off"),
        ({"RERANK_BASE_URL": "http://127.0.0.1:9/v1"}, "endpoint"),
        ({"RERANK": "off", "RERANK_BASE_URL": "http://127.0.0.1:9", "RERANK_MODEL": "bge"}, "off"),
        ({"RERANK": "llm", "GROQ_API_KEY": "k", "RERANK_MODEL": "small"}, "llm"),
    ],
)
def test_the_address_of_a_reranker_switches_it_on(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], mode: str
) -> None:
    assert _load(monkeypatch, values).reranking == mode


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ADMIN_API_KY", "ADMIN_API_KEY"),
        ("admin_apikey", "ADMIN_API_KEY"),
        ("ADMIN_KEY", "ADMIN_API_KEY"),
        ("GROQ_KEY", "GROQ_API_KEY"),
        ("TEMPERTURE", "TEMPERATURE"),
        ("SESION_TTL", "SESSION_TTL"),
        ("TOPK", "TOP_K"),
    ],
)
def test_a_misspelt_setting_in_the_file_stops_the_start_with_the_nearest_name(
    tmp_path: Path, name: str, meant: str
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"LOG_LEVEL=INFO\n{name}=a value that is secret\n")
    with pytest.raises(StartupError) as caught:
        load_settings(file)
    sentence = str(caught.value)
    assert name.upper() in sentence
    assert f"did you mean {meant}?" in sentence
    assert "secret" not in sentence


def test_a_nearly_right_name_in_the_environment_stops_the_start_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StartupError, match="ADMIN_API_KY in the environment is not a setting"):
        _load(monkeypatch, {"ADMIN_API_KY": "x" * 20})


def test_names_of_other_programs_are_nobodys_business(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    others = "RAG_PORT RAG_DATA RAG_USER TORCH_INDEX_URL BASE_URL API_KEY HOST PORT HF_HOME OPENAI_API_KEY HTTPS_PROXY"
    file.write_text("".join(f"{name}=x\n" for name in (*others.split(), "TZ", "POSTGRES_PASSWORD", "SMTP_HOST")))
    load_settings(file)
    _load(monkeypatch, {"DATA_PATHS": "x", "MODELNAME": "x", "LOG_LEVELS": "x", "API_KEY": "x", "ADMIN_EMAIL": "x"})


def test_the_example_is_a_file_that_starts() -> None:
    assert load_settings(ROOT / ".env.example") == Settings(_env_file=None)


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StartupError) as caught:
        _load(monkeypatch, {"ADMIN_API_KEY": "tooshortsecret"})
    assert "tooshortsecret" not in str(caught.value)


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _load(monkeypatch, {"GROQ_API_KEY": "gsk_hidden", "ADMIN_API_KEY": "hidden" * 4})
    assert "hidden" not in repr(settings)


def test_auto_is_groq_with_a_key_and_extractive_without(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _load(monkeypatch, {}).provider == "extractive"
    assert _load(monkeypatch, {}).answering_model == "extractive"
    assert _load(monkeypatch, {"GROQ_API_KEY": "k"}).answering_model == "llama-3.3-70b-versatile"


def test_conversations_are_where_the_database_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _load(monkeypatch, {}).session_storage == "sqlite"
    settings = _load(monkeypatch, {"DATABASE_URL": "postgresql://rag:hidden@db/rag"})
    assert settings.session_storage == "postgres"
    assert "hidden" not in repr(settings)


def test_an_empty_value_counts_as_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _load(monkeypatch, {"GROQ_API_KEY": "", "CONTEXT_TOKENS": ""}).context_tokens == 2000


def test_origins_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _load(monkeypatch, {"CORS_ORIGINS": "https://a.example, https://b.example"})
    assert settings.cors_origins == ("https://a.example", "https://b.example")


def test_env_example_names_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert sorted(values) == sorted(name.upper() for name in Settings.model_fields)
    assert _load(monkeypatch, values) == Settings(_env_file=None)


def test_the_settings_page_names_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    documented = {name: default.strip("` ") for name, default in rows}
    example = (ROOT / ".env.example").read_text().splitlines()
    expected = dict(line.split("=", 1) for line in example if line and not line.startswith("#"))
    assert documented == {name: value or "–" for name, value in expected.items()}
