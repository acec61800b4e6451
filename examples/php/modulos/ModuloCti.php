<?php

declare(strict_types=1);

require_once __DIR__ . '/RamalApi.php';

/** Starts a user's calls when the company's `cti_tipo` is 10. */
class ModuloCti
{
    private const TYPE = '10';
    private const ATTEMPTS = 2;

    private RamalApi $api;
    /** @var array<string, mixed> */
    private array $company;
    private string $tenant;

    /**
     * @param array<string, mixed> $company the row of `empresas` (usa_cti, cti_tipo); a row of
     *     `configuracao_cti` laid over it counts with its `tipo`
     * @param string $tenant "" with a key of one company
     */
    public function __construct(RamalApi $api, array $company, string $tenant = '')
    {
        $this->api = $api;
        $this->company = $company;
        $this->tenant = $tenant;
    }

    /** A name of its own for one click: send it with the form, so that the form sent twice is one call. */
    public static function newIntentId(): string
    {
        return bin2hex(random_bytes(16));
    }

    /** Whether the call buttons show at all. */
    public function isEnabled(): bool
    {
        return $this->column('usa_cti') === '1';
    }

    /**
     * Calls a number from the user's extension; the same `intentId` again is the same call and never a second.
     * Returns as soon as the call is recorded: what becomes of it is told by the pop-ups.
     *
     * @param string $number as people write it: blanks, `(`, `)`, `-` and `.` are fine
     * @return array{intentId: string, callId: string}
     * @throws CtiError
     */
    public function startCall(string $user, string $number, string $intentId): array
    {
        if (!$this->isEnabled()) {
            throw new CtiError('cti_disabled', 'usa_cti is not 1');
        }
        $own = $this->column('tipo');
        $type = $own !== '' ? $own : $this->column('cti_tipo');
        if ($type !== self::TYPE) {
            throw new CtiError('unsupported_cti_type', 'cti_tipo must be 10');
        }
        $body = ['user' => $user, 'to' => $number, 'intentId' => $intentId];
        if ($this->tenant !== '') {
            $body['tenant'] = $this->tenant;
        }
        for ($attempt = 1; ; $attempt++) {
            try {
                return $this->api->post('/v1/calls', $body);
            } catch (CtiError $error) {
                // Safe even when the first request got through: it has the same intentId.
                if (!$error->retryable || $attempt >= self::ATTEMPTS) {
                    throw $error;
                }
            }
        }
    }

    /** A column as text; one that this customer's database lacks is "". */
    private function column(string $name): string
    {
        $value = $this->company[$name] ?? '';
        return is_scalar($value) ? trim((string) $value) : '';
    }
}
