<?php

declare(strict_types=1);

/** Why Ramal, or this module before it, refused something: a stable code, and words for the user. */
class CtiError extends RuntimeException
{
    private const MESSAGES = [
        'cti_disabled' => 'As ligações estão desativadas para a sua empresa (usa_cti).',
        'unsupported_cti_type' => 'Esta empresa não liga pelo Web Socket: cti_tipo tem que ser 10.',
        'ramal_missing' => 'Seu usuário não tem um ramal para ligar.',
        'bad_request' => 'Este número não pode ser discado: use de 2 a 20 dígitos, * ou #.',
        'intent_conflict' => 'Este formulário já foi usado para outra ligação. Recarregue a página.',
        'forbidden' => 'Seu usuário está desativado.',
        'not_found' => 'Seu usuário não está cadastrado no Ramal.',
        'tenant_disabled' => 'A sua empresa está desativada.',
        'rate_limited' => 'Pedidos demais; aguarde um momento.',
        'unavailable' => 'O serviço de telefonia não responde agora; tente de novo.',
        'auth_required' => 'Entre no sistema de novo.',
    ];
    private const UNKNOWN = 'Algo deu errado ao ligar.';

    /** One of Ramal's error codes, or `unavailable` when nobody answered. */
    public string $reason;
    /** Whether the same request may succeed a moment later. */
    public bool $retryable;

    /** @param string $detail for the log, never for the user */
    public function __construct(string $reason, string $detail = '', bool $retryable = false)
    {
        parent::__construct($detail === '' ? $reason : $reason . ': ' . $detail);
        $this->reason = $reason;
        $this->retryable = $retryable;
    }

    /** What a user is told about a code; a code nobody knows is not repeated. */
    public static function messageFor(string $reason): string
    {
        return self::MESSAGES[$reason] ?? self::UNKNOWN;
    }
}
